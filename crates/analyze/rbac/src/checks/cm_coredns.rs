//! `rbac/cm-coredns`

use crate::facts::READS;
use crate::risk::{CHANGE, Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/cm-coredns",
    title: "the configuration of DNS may be changed",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1557"],
    page: include_str!("cm_coredns.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::reaching(
        CHANGE,
        &[("", "configmaps")],
        &["kube-system"],
        &["coredns", "kube-dns", "coredns-custom", "node-local-dns"],
    )],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "answer the names of the cluster as they like",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
