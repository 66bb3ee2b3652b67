//! `rbac/crd-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/crd-write",
    title: "CustomResourceDefinitions may be written",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1565"],
    page: include_str!("crd_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(WRITE, &[("apiextensions.k8s.io", "customresourcedefinitions")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "change how custom resources are stored and converted",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
