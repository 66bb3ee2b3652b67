//! `rbac/namespaces-label`

use crate::facts::{Facts, READS};
use crate::risk::{CHANGE, Limit, Named, Need, Risk, Worth, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/namespaces-label",
    title: "namespaces may be changed",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1685"],
    page: include_str!("namespaces_label.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(CHANGE, &[("", "namespaces")]).worth(namespaces)],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "drop Pod Security and policy labels of namespaces",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}

/// A namespace with accounts that can do everything is worth all of them.
fn namespaces(facts: &Facts, limit: &Limit<'_>) -> Worth {
    if limit.any(|name| facts.is_system(name)) { Worth::Whole } else { Worth::Less }
}
