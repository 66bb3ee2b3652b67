//! `rbac/secrets-write-token`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/secrets-write-token",
    title: "tokens may be minted by writing Secrets",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.13", "mitre:T1528"],
    page: include_str!("secrets_write_token.md"),
    ..Meta::DEFAULT
};

static RISK: Risk = Risk {
    needs: &[Need::of(&["create"], &[("", "secrets")]), Need::of(&["get", "list", "watch", "create"], &[("", "secrets"), ("", "pods")])],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "mint a token for any ServiceAccount",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
