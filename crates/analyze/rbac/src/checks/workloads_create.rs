//! `rbac/workloads-create`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/workloads-create",
    title: "workloads may be created",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.4", "mitre:T1610", "mitre:T1053.007"],
    page: include_str!("workloads_create.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        &["create"],
        &[
            ("apps", "deployments"),
            ("apps", "daemonsets"),
            ("apps", "statefulsets"),
            ("apps", "replicasets"),
            ("batch", "jobs"),
            ("batch", "cronjobs"),
            ("", "replicationcontrollers"),
        ],
    )],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "run pods, through workloads, as any ServiceAccount",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
