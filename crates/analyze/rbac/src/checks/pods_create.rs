//! `rbac/pods-create`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/pods-create",
    title: "pods may be created",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.4", "mitre:T1610"],
    page: include_str!("pods_create.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["create"], &[("", "pods")])],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "run pods as any ServiceAccount",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
