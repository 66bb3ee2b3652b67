//! `rbac/pods-evict-steal`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/pods-evict-steal",
    title: "pods may be moved onto a node of choice",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1610"],
    page: include_str!("pods_evict_steal.md"),
    ..Meta::DEFAULT
};

static RISK: Risk = Risk {
    needs: &[Need::of(&["delete", "create"], &[("", "pods"), ("", "pods/eviction")]), Need::of(&["update", "patch", "delete"], &[("", "nodes"), ("", "nodes/status")])],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "move pods to a node that they own",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
