//! `rbac/nodes-log`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/nodes-log",
    title: "logs of nodes may be read",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1552.007"],
    page: include_str!("nodes_log.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["get"], &[("", "nodes/log")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "read log files of nodes",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
