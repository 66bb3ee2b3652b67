//! `rbac/wildcard-verbs`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_authz::PolicyRule;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/wildcard-verbs",
    title: "rule allows every verb",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.3"],
    page: include_str!("wildcard_verbs.md"),
    ..Meta::DEFAULT
};

static RISK: Risk = Risk {
    needs: &[Need::custom(matches)],
    cluster: Severity::Medium,
    namespace: Severity::Low,
    what: "use every verb on these resources",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}

/// Verb `*` on resources that are named.
fn matches(rule: &PolicyRule) -> bool {
    let named = rule.resources.iter().any(|resource| resource != "*");
    named && rule.verbs.iter().any(|verb| verb == "*")
}
