//! `rbac/op-crossplane`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-crossplane",
    title: "Crossplane packages and compositions may be written",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1610"],
    page: include_str!("op_crossplane.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("pkg.crossplane.io", "providers"),
            ("pkg.crossplane.io", "functions"),
            ("pkg.crossplane.io", "configurations"),
            ("apiextensions.crossplane.io", "compositions"),
            ("kubernetes.crossplane.io", "objects"),
        ],
    )],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "have Crossplane make whatever they write",
    named: Named::Lower,
};

static OPERATOR: Operator = Operator {
    name: "Crossplane",
    controllers: &["crossplane", "rbac-manager", "provider-kubernetes*"],
    risks: &[&RISK],
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
