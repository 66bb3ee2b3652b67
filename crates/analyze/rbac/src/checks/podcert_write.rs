//! `rbac/podcert-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/podcert-write",
    title: "certificates of pods may be issued",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1649"],
    page: include_str!("podcert_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[
        Need::of(
            WRITE,
            &[
                ("certificates.k8s.io", "podcertificaterequests"),
                ("certificates.k8s.io", "podcertificaterequests/status"),
            ],
        ),
        Need::of(&["sign"], &[("certificates.k8s.io", "signers")]),
    ],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "issue certificates in the name of pods",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
