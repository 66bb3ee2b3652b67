//! `rbac/leases-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report_any};
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

const LEASES: &[(&str, &str)] = &[("coordination.k8s.io", "leases")];
const WHAT: &str = "take leadership from controllers of kube-system";

pub(super) static RISK: Risk = Risk {
    needs: &[Need::reaching(
        WRITE,
        LEASES,
        &["kube-system"],
        &["kube-controller-manager", "kube-scheduler", "cloud-controller-manager", "apiserver-*"],
    )],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: WHAT,
    named: Named::Lower,
};

/// Those of other names.
static OTHERS: Risk = Risk {
    needs: &[Need::reaching(WRITE, LEASES, &["kube-system"], &["*"])],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: WHAT,
    named: Named::Only,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_any(cx, &[&RISK, &OTHERS]);
}
