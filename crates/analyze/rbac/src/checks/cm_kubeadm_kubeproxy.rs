//! `rbac/cm-kubeadm-kubeproxy`

use crate::facts::READS;
use crate::risk::{CHANGE, Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/cm-kubeadm-kubeproxy",
    title: "configuration of the cluster itself may be changed",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1565"],
    page: include_str!("cm_kubeadm_kubeproxy.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::reaching(
        CHANGE,
        &[("", "configmaps")],
        &["kube-system"],
        &["kubeadm-config", "kube-proxy", "kubelet-config*", "*extension-apiserver-authentication"],
    )],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "change configuration that nodes and the control plane take",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
