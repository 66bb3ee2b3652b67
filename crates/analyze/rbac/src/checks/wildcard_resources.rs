//! `rbac/wildcard-resources`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_authz::PolicyRule;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/wildcard-resources",
    title: "rule lets every resource be written",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.3", "mitre:T1078"],
    page: include_str!("wildcard_resources.md"),
    ..Meta::DEFAULT
};

static RISK: Risk = Risk {
    needs: &[Need::custom(matches)],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "write every resource of these groups",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}

/// Resource `*` with a verb that writes.
fn matches(rule: &PolicyRule) -> bool {
    let writes = ["*", "create", "update", "patch", "delete", "deletecollection"];
    rule.resources.iter().any(|resource| resource == "*")
        && rule.verbs.iter().any(|verb| writes.contains(&verb.as_str()))
}
