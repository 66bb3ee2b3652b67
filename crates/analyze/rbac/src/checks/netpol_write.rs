//! `rbac/netpol-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/netpol-write",
    title: "network policies may be changed",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1685"],
    page: include_str!("netpol_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        &["create", "update", "patch", "delete", "deletecollection"],
        &[
            ("networking.k8s.io", "networkpolicies"),
            ("policy.networking.k8s.io", "adminnetworkpolicies"),
            ("policy.networking.k8s.io", "baselineadminnetworkpolicies"),
            ("policy.networking.k8s.io", "clusternetworkpolicies"),
        ],
    )],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "open the network between workloads",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
