//! `rbac/csr-sign`

use crate::facts::READS;
use crate::risk::{CHANGE, Named, Need, Risk, report};
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

static RISK: Risk = Risk {
    needs: &[
        Need::of(CHANGE, &[("certificates.k8s.io", "certificatesigningrequests/status")]),
        Need::of(&["sign"], &[("certificates.k8s.io", "signers")]),
    ],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "put certificates of their choice into requests",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
