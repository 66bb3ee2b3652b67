//! `rbac/op-flux`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-flux",
    title: "Flux objects may be written",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1610"],
    page: include_str!("op_flux.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("kustomize.toolkit.fluxcd.io", "kustomizations"),
            ("helm.toolkit.fluxcd.io", "helmreleases"),
            ("source.toolkit.fluxcd.io", "gitrepositories"),
            ("source.toolkit.fluxcd.io", "ocirepositories"),
            ("source.toolkit.fluxcd.io", "helmrepositories"),
            ("source.toolkit.fluxcd.io", "buckets"),
        ],
    )],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "have Flux apply whatever they write",
    named: Named::Lower,
};

static OPERATOR: Operator = Operator {
    name: "Flux",
    controllers: &["kustomize-controller", "helm-controller", "source-controller"],
    risks: &[&RISK],
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
