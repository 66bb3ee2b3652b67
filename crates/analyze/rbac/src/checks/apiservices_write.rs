//! `rbac/apiservices-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/apiservices-write",
    title: "API groups may be sent elsewhere",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1557"],
    page: include_str!("apiservices_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(WRITE, &[("apiregistration.k8s.io", "apiservices")])],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "answer requests of whole API groups",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
