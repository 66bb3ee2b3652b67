//! `rbac/op-olm`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-olm",
    title: "operators may be installed",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1098.006"],
    page: include_str!("op_olm.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("operators.coreos.com", "subscriptions"),
            ("operators.coreos.com", "clusterserviceversions"),
            ("operators.coreos.com", "installplans"),
            ("operators.coreos.com", "catalogsources"),
            ("olm.operatorframework.io", "clusterextensions"),
            ("olm.operatorframework.io", "clustercatalogs"),
        ],
    )],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "install operators with any rights",
    named: Named::Lower,
};

static OPERATOR: Operator =
    Operator { name: "OLM", controllers: &["olm-operator-serviceaccount", "olm-operator"], risks: &[&RISK] };

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
