//! `rbac/leases-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/leases-write",
    title: "leases of the control plane may be written",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1499"],
    page: include_str!("leases_write.md"),
    ..Meta::DEFAULT
};

static RISK: Risk = Risk {
    needs: &[Need::reaching(WRITE, &[("coordination.k8s.io", "leases")], &["kube-system"], &["*"])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "take leadership from controllers of kube-system",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
