//! `rbac/secrets-get`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report_beside};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/secrets-get",
    title: "any Secret may be read by name",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.2", "mitre:T1552.007"],
    page: include_str!("secrets_get.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["get"], &[("", "secrets")])],
    cluster: Severity::High,
    namespace: Severity::Medium,
    what: "read any Secret whose name they know",
    named: Named::Skip,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    // Who may list them need not know a name: that is told once.
    report_beside(cx, &RISK, (super::secrets_read_all::META.id, &super::secrets_read_all::RISK));
}
