//! `rbac/pods-ephemeral`

use crate::facts::READS;
use crate::risk::{CHANGE, Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/pods-ephemeral",
    title: "containers may be added to running pods",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1610"],
    page: include_str!("pods_ephemeral.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(CHANGE, &[("", "pods/ephemeralcontainers")])],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "add containers to running pods",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
