//! `rbac/wildcard-groups`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_authz::PolicyRule;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/wildcard-groups",
    title: "rule names resources in every API group",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.3"],
    page: include_str!("wildcard_groups.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::custom(matches)],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: "use resources of these names in every API group",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}

/// API group `*` with resources that are named.
fn matches(rule: &PolicyRule) -> bool {
    let named = rule.resources.iter().any(|resource| resource != "*");
    named && rule.api_groups.iter().any(|group| group == "*")
}
