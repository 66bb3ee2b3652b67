//! `rbac/csr-kubelet`

use crate::facts::READS;
use crate::risk::{CHANGE, Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/csr-kubelet",
    title: "certificates of nodes may be approved",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.11", "mitre:T1649"],
    page: include_str!("csr_kubelet.md"),
    ..Meta::DEFAULT
};

// `kubernetes.io/**` is the literal name `kubernetes.io/*`, which stands for every signer of the domain.
pub(super) static RISK: Risk = Risk {
    needs: &[
        Need::reaching(
            &["approve"],
            &[("certificates.k8s.io", "signers")],
            &[],
            &["kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/**"],
        ),
        Need::of(CHANGE, &[("certificates.k8s.io", "certificatesigningrequests/approval")]),
    ],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "become any node",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
