//! `rbac/op-certmanager`

use crate::facts::OPERATOR_READS;
use crate::risk::{CHANGE, Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-certmanager",
    title: "certificates may be made",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1649"],
    page: include_str!("op_certmanager.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("cert-manager.io", "certificates"),
            ("cert-manager.io", "issuers"),
            ("cert-manager.io", "clusterissuers"),
            ("cert-manager.io", "certificaterequests"),
        ],
    )],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "have cert-manager issue certificates",
    named: Named::Lower,
};

pub(super) static BESIDES: Risk = Risk {
    needs: &[Need::of(CHANGE, &[("cert-manager.io", "certificaterequests/approval")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "have cert-manager issue certificates",
    named: Named::Lower,
};

static OPERATOR: Operator =
    Operator { name: "cert-manager", controllers: &["*cert-manager"], risks: &[&RISK, &BESIDES] };

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
