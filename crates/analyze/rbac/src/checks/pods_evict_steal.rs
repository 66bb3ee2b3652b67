//! `rbac/pods-evict-steal`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report_any};
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

const NODES: Need = Need::of(&["update", "patch", "delete"], &[("", "nodes"), ("", "nodes/status")]);
const WHAT: &str = "move pods to a node that they own";

pub(super) static EVICT: Risk = Risk {
    needs: &[Need::of(&["create"], &[("", "pods/eviction")]), NODES],
    cluster: Severity::High,
    namespace: Severity::High,
    what: WHAT,
    named: Named::Lower,
};

/// Creating pods is no eviction: verbs and resources of the two ways do not mix.
pub(super) static DELETE: Risk = Risk {
    needs: &[Need::of(&["delete", "deletecollection"], &[("", "pods")]), NODES],
    cluster: Severity::High,
    namespace: Severity::High,
    what: WHAT,
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_any(cx, &[&EVICT, &DELETE]);
}
