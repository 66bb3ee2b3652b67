//! `rbac/pods-proxy`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/pods-proxy",
    title: "the API server may be used as a proxy into the cluster",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1090"],
    page: include_str!("pods_proxy.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["get", "create", "update", "patch", "delete"], &[("", "pods/proxy"), ("", "services/proxy")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "send requests to any pod or Service through the API server",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
