//! `rbac/op-eso`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-eso",
    title: "external secrets may be written",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1552"],
    page: include_str!("op_eso.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("external-secrets.io", "externalsecrets"),
            ("external-secrets.io", "clusterexternalsecrets"),
            ("external-secrets.io", "clustersecretstores"),
            ("external-secrets.io", "secretstores"),
            ("external-secrets.io", "pushsecrets"),
            ("external-secrets.io", "clusterpushsecrets"),
        ],
    )],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "read any secret of the stores of External Secrets",
    named: Named::Lower,
};

static OPERATOR: Operator = Operator { name: "External Secrets", controllers: &["*external-secrets"], risks: &[&RISK] };

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
