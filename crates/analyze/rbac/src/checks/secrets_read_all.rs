//! `rbac/secrets-read-all`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/secrets-read-all",
    title: "every Secret may be listed",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.2", "mitre:T1552.007"],
    page: include_str!("secrets_read_all.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["list", "watch"], &[("", "secrets")])],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "read every Secret",
    named: Named::Skip,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
