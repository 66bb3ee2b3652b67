//! `rbac/clustertrustbundles-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/clustertrustbundles-write",
    title: "trust anchors may be written",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1553"],
    page: include_str!("clustertrustbundles_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[
        Need::of(WRITE, &[("certificates.k8s.io", "clustertrustbundles")]),
        Need::of(&["attest"], &[("certificates.k8s.io", "signers")]),
    ],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "write trust anchors that workloads use",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
