//! `rbac/secrets-get-named`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/secrets-get-named",
    title: "named Secrets may be read",
    severity: Severity::Low,
    profile: Profile::OptIn,
    reads: READS,
    tags: &["cis:5.1.2", "mitre:T1552.007"],
    page: include_str!("secrets_get_named.md"),
    ..Meta::DEFAULT
};

static RISK: Risk = Risk {
    needs: &[Need::of(&["get", "list", "watch"], &[("", "secrets")])],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: "read the named Secrets",
    named: Named::Only,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
