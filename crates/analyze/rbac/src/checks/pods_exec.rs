//! `rbac/pods-exec`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/pods-exec",
    title: "commands may be run in pods",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1609"],
    page: include_str!("pods_exec.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["create"], &[("", "pods/exec")])],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "run commands in pods",
    named: Named::Lower,
};

/// Before 1.35 a websocket that begins with GET was authorized as `get` alone
/// (gate AuthorizePodWebsocketUpgradeCreatePermission).
pub(super) static BEFORE_1_35: Risk = Risk {
    needs: &[Need::of(&["create", "get"], &[("", "pods/exec")])],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "run commands in pods",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, if cx.version() < 35 { &BEFORE_1_35 } else { &RISK });
}
