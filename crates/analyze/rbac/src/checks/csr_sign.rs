//! `rbac/csr-sign`

use crate::facts::READS;
use crate::risk::{CHANGE, Named, Need, Risk, report_any};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/csr-sign",
    title: "certificates may be signed",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1649"],
    page: include_str!("csr_sign.md"),
    ..Meta::DEFAULT
};

const STATUS: Need = Need::of(CHANGE, &[("certificates.k8s.io", "certificatesigningrequests/status")]);
const SIGNERS: &[(&str, &str)] = &[("certificates.k8s.io", "signers")];
const WHAT: &str = "put certificates of their choice into requests";

/// Signers whose certificates the API server and the kubelets take. `kubernetes.io/**` is the literal name
/// `kubernetes.io/*`, which stands for every signer of the domain.
pub(super) static RISK: Risk = Risk {
    needs: &[
        STATUS,
        Need::reaching(
            &["sign"],
            SIGNERS,
            &[],
            &[
                "kubernetes.io/kube-apiserver-client",
                "kubernetes.io/kube-apiserver-client-kubelet",
                "kubernetes.io/kubelet-serving",
                "kubernetes.io/**",
            ],
        ),
    ],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: WHAT,
    named: Named::Lower,
};

/// Any other: nothing in Kubernetes trusts it by itself.
static OTHERS: Risk = Risk {
    needs: &[STATUS, Need::of(&["sign"], SIGNERS).any_name()],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: WHAT,
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_any(cx, &[&RISK, &OTHERS]);
}
