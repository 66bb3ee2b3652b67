//! `rbac/op-argocd`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-argocd",
    title: "Argo CD applications may be written",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1610"],
    page: include_str!("op_argocd.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[("argoproj.io", "applications"), ("argoproj.io", "appprojects"), ("argoproj.io", "applicationsets")],
    )],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "have Argo CD apply whatever they write",
    named: Named::Lower,
};

static OPERATOR: Operator = Operator {
    name: "Argo CD",
    controllers: &["*argocd-application-controller", "argocd-applicationset-controller"],
    risks: &[&RISK],
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
