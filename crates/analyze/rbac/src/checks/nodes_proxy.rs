//! `rbac/nodes-proxy`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/nodes-proxy",
    title: "the kubelet may be reached through the API server",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.10", "mitre:T1609"],
    page: include_str!("nodes_proxy.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["get", "create"], &[("", "nodes/proxy")])],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "run commands in every pod of every node",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
