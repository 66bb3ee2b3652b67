//! `rbac/op-argo-workflows`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-argo-workflows",
    title: "Argo workflows may be written",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1610"],
    page: include_str!("op_argo_workflows.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("argoproj.io", "workflows"),
            ("argoproj.io", "cronworkflows"),
            ("argoproj.io", "workflowtemplates"),
            ("argoproj.io", "clusterworkflowtemplates"),
        ],
    )],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "start pods as any ServiceAccount through Argo Workflows",
    named: Named::Lower,
};

static OPERATOR: Operator =
    Operator { name: "Argo Workflows", controllers: &["*workflow-controller", "argo", "argo-server"], risks: &[&RISK] };

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
