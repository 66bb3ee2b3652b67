//! `rbac/pods-portforward`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/pods-portforward",
    title: "ports of pods may be forwarded",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1572"],
    page: include_str!("pods_portforward.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["create"], &[("", "pods/portforward")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "reach any port of pods, past network policies",
    named: Named::Lower,
};

/// Before 1.35 a websocket that begins with GET was authorized as `get` alone
/// (gate AuthorizePodWebsocketUpgradeCreatePermission).
pub(super) static BEFORE_1_35: Risk = Risk {
    needs: &[Need::of(&["create", "get"], &[("", "pods/portforward")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "reach any port of pods, past network policies",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, if cx.version() < 35 { &BEFORE_1_35 } else { &RISK });
}
