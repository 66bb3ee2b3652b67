//! `rbac/csr-approve`

use crate::facts::READS;
use crate::risk::{CHANGE, Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/csr-approve",
    title: "client certificates may be issued by approving requests",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.11", "mitre:T1649"],
    page: include_str!("csr_approve.md"),
    ..Meta::DEFAULT
};

// `kubernetes.io/**` is the literal name `kubernetes.io/*`, which stands for every signer of the domain.
pub(super) static RISK: Risk = Risk {
    needs: &[
        Need::of(CHANGE, &[("certificates.k8s.io", "certificatesigningrequests/approval")]),
        Need::of(&["create"], &[("certificates.k8s.io", "certificatesigningrequests")]),
        Need::reaching(
            &["approve"],
            &[("certificates.k8s.io", "signers")],
            &[],
            &["kubernetes.io/kube-apiserver-client", "kubernetes.io/**"],
        ),
    ],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "issue a client certificate for any user",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
