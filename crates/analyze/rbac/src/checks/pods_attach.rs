//! `rbac/pods-attach`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/pods-attach",
    title: "containers may be attached to",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1609"],
    page: include_str!("pods_attach.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["create"], &[("", "pods/attach")])],
    cluster: Severity::High,
    namespace: Severity::Medium,
    what: "attach to running containers",
    named: Named::Lower,
};

/// Before 1.35 a websocket that begins with GET was authorized as `get` alone
/// (gate AuthorizePodWebsocketUpgradeCreatePermission).
pub(super) static BEFORE_1_35: Risk = Risk {
    needs: &[Need::of(&["create", "get"], &[("", "pods/attach")])],
    cluster: Severity::High,
    namespace: Severity::Medium,
    what: "attach to running containers",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, if cx.version() < 35 { &BEFORE_1_35 } else { &RISK });
}
