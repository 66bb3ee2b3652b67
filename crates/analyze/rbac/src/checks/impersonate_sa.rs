//! `rbac/impersonate-sa`

use crate::facts::{Facts, READS};
use crate::risk::{Limit, Named, Need, Risk, Worth, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/impersonate-sa",
    title: "ServiceAccounts may be impersonated",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.8", "mitre:T1078"],
    page: include_str!("impersonate_sa.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["impersonate"], &[("", "serviceaccounts")]).worth(accounts)],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "act as any ServiceAccount",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}

/// An account that can do everything is worth all of them.
pub(super) fn accounts(facts: &Facts, limit: &Limit<'_>) -> Worth {
    let admin = |name: &str| facts.is_admin_account(limit.namespace, name);
    if limit.any(admin) { Worth::Whole } else { Worth::Less }
}
