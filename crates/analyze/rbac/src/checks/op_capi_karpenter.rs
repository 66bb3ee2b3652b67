//! `rbac/op-capi-karpenter`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-capi-karpenter",
    title: "machines may be made",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1578"],
    page: include_str!("op_capi_karpenter.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("cluster.x-k8s.io", "machines"),
            ("cluster.x-k8s.io", "machinesets"),
            ("cluster.x-k8s.io", "machinedeployments"),
            ("bootstrap.cluster.x-k8s.io", "kubeadmconfigs"),
            ("karpenter.sh", "nodepools"),
            ("karpenter.sh", "nodeclaims"),
            ("karpenter.k8s.aws", "ec2nodeclasses"),
        ],
    )],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "start nodes with code of theirs",
    named: Named::Lower,
};

static OPERATOR: Operator = Operator {
    name: "Cluster API or Karpenter",
    controllers: &["capi-manager", "capi-*", "karpenter"],
    risks: &[&RISK],
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
