//! `rbac/read-all`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_authz::PolicyRule;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/read-all",
    title: "rule lets every resource of the core group be read",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.2", "cis:5.1.3", "mitre:T1552.007"],
    page: include_str!("read_all.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::custom(matches)],
    cluster: Severity::Critical,
    namespace: Severity::High,
    what: "read everything, Secrets too",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}

/// Resource `*` of the core group with a verb that reads.
fn matches(rule: &PolicyRule) -> bool {
    let reads = ["*", "get", "list", "watch"];
    rule.resources.iter().any(|resource| resource == "*")
        && rule.api_groups.iter().any(|group| group == "*" || group.is_empty())
        && rule.verbs.iter().any(|verb| reads.contains(&verb.as_str()))
}
