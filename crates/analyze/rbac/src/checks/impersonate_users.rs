//! `rbac/impersonate-users`

use crate::facts::{Facts, READS};
use crate::risk::{Limit, Named, Need, Risk, Worth, report};
use ironclad_authz::SubjectKind;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/impersonate-users",
    title: "any user may be impersonated",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.8", "mitre:T1078"],
    page: include_str!("impersonate_users.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["impersonate"], &[("", "users")]).worth(users)],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "act as any user",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}

/// A user who can do everything is worth all of them.
pub(super) fn users(facts: &Facts, limit: &Limit<'_>) -> Worth {
    let admin = |name: &str| facts.is_admin_named(SubjectKind::User, name);
    if limit.any(admin) { Worth::Whole } else { Worth::Less }
}
