//! `rbac/impersonate-dead-rule`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_authz::PolicyRule;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/impersonate-dead-rule",
    title: "impersonation rule in a group where it does nothing",
    severity: Severity::Info,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("impersonate_dead_rule.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::custom_on(is_dead, &[("authentication.k8s.io", "serviceaccounts")])],
    cluster: Severity::Info,
    namespace: Severity::Info,
    what: "not impersonate anybody by this rule",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}

/// `impersonate`, by that name, on users, groups or accounts of `authentication.k8s.io`, and not of the core group too.
fn is_dead(rule: &PolicyRule) -> bool {
    let has = |set: &[String], wanted: &[&str]| set.iter().any(|own| wanted.contains(&own.as_str()));
    has(&rule.api_groups, &["authentication.k8s.io"])
        && !has(&rule.api_groups, &["", "*"])
        && has(&rule.verbs, &["impersonate"])
        && has(&rule.resources, &["users", "groups", "serviceaccounts"])
}
