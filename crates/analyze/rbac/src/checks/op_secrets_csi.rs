//! `rbac/op-secrets-csi`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-secrets-csi",
    title: "classes of mounted secrets may be written",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1552"],
    page: include_str!("op_secrets_csi.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(WRITE, &[("secrets-store.csi.x-k8s.io", "secretproviderclasses")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "choose which secrets of a store are mounted",
    named: Named::Lower,
};

static OPERATOR: Operator =
    Operator { name: "the secrets store CSI driver", controllers: &["secrets-store-csi-driver*"], risks: &[&RISK] };

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
