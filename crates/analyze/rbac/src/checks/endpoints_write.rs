//! `rbac/endpoints-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/endpoints-write",
    title: "endpoints of Services may be written",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1557"],
    page: include_str!("endpoints_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(WRITE, &[("", "endpoints"), ("discovery.k8s.io", "endpointslices")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "send the traffic of Services elsewhere",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
