//! `rbac/impersonate-groups`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
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

static RISK: Risk = Risk {
    needs: &[
        Need::of(&["impersonate"], &[("", "groups")]),
        Need::of(&["impersonate"], &[("", "users"), ("", "serviceaccounts")]),
    ],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "act as a member of any group, `system:masters` too",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
