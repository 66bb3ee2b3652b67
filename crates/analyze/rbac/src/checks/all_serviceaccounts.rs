//! `rbac/all-serviceaccounts`

use crate::bindings::{Named, subjects};
use crate::facts::{READS, facts};
use crate::risk::scope_words;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/all-serviceaccounts",
    title: "grant to all ServiceAccounts",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1078"],
    page: include_str!("all_serviceaccounts.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let world = &facts.world;
        let Some(rest) = world.principal(subject).strip_prefix("system:serviceaccounts") else { continue };
        if world.role_ref_name(binding) == "system:service-account-issuer-discovery" {
            continue;
        }
        let cluster = world.binding(binding).is_cluster();
        let (who, severity) = match (rest.strip_prefix(':'), cluster) {
            (None, true) => ("every ServiceAccount".to_owned(), Severity::High),
            (None, false) => ("every ServiceAccount".to_owned(), Severity::Medium),
            (Some(namespace), true) => (format!("every ServiceAccount of namespace \"{namespace}\""), Severity::Medium),
            (Some(namespace), false) => (format!("every ServiceAccount of namespace \"{namespace}\""), Severity::Low),
        };
        let scope = scope_words(&facts, binding);
        cx.find_in(object, named.node(&facts), format!("{who} has {}{scope}", world.role_ref_label(binding)))
            .severity(severity);
    }
}
