//! `rbac/impersonate-dead-rule`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
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

static RISK: Risk = Risk {
    needs: &[Need::of(
        &["impersonate"],
        &[
            ("authentication.k8s.io", "users"),
            ("authentication.k8s.io", "groups"),
            ("authentication.k8s.io", "serviceaccounts"),
        ],
    )],
    cluster: Severity::Info,
    namespace: Severity::Info,
    what: "not impersonate anybody by this rule",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
