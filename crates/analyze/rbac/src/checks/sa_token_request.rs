//! `rbac/sa-token-request`

use super::impersonate_sa::accounts;
use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-token-request",
    title: "tokens of ServiceAccounts may be requested",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.13", "mitre:T1528"],
    page: include_str!("sa_token_request.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["create"], &[("", "serviceaccounts/token")]).worth(accounts)],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "get a token of any ServiceAccount",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
