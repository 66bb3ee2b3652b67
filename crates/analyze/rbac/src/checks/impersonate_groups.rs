//! `rbac/impersonate-groups`

use crate::facts::{Facts, READS};
use crate::risk::{Limit, Named, Need, Risk, Worth, report};
use ironclad_authz::SubjectKind;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/impersonate-groups",
    title: "groups may be impersonated with a user",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.8", "mitre:T1078"],
    page: include_str!("impersonate_groups.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[
        Need::of(&["impersonate"], &[("", "groups")]).worth(groups),
        // Whoever it is, the groups come from the other right.
        Need::of(&["impersonate"], &[("", "users"), ("", "serviceaccounts")]).anywhere().any_name(),
    ],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "act as a member of any group, `system:masters` too",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}

/// A group that can do everything is worth all of them.
fn groups(facts: &Facts, limit: &Limit<'_>) -> Worth {
    let admin = |name: &str| facts.is_admin_named(SubjectKind::Group, name);
    if limit.any(admin) { Worth::Whole } else { Worth::Less }
}
