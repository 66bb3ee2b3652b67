//! `rbac/secrets-get-named`

use crate::risk::{Named, Need, Risk, report_noting};
use ironclad_authz::PolicyRule;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::f;
use std::collections::BTreeMap;

pub(super) static META: Meta = Meta {
    id: "rbac/secrets-get-named",
    title: "named Secrets may be read",
    severity: Severity::Low,
    profile: Profile::OptIn,
    reads: &[Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING, Kind::SECRET],
    tags: &["cis:5.1.2", "mitre:T1552.007"],
    page: include_str!("secrets_get_named.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["get", "list", "watch"], &[("", "secrets")])],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: "read the named Secrets",
    named: Named::Only,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_noting(cx, &RISK, types);
}

/// Of which types the Secrets of the input are that a rule names: who reads a token is whom it belongs to.
fn types(cx: &Cx<'_>, rule: &PolicyRule, namespaces: &[&str]) -> Option<(String, Severity)> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for secret in cx.objects(Kind::SECRET) {
        let here = secret.namespace().is_none_or(|own| namespaces.is_empty() || namespaces.contains(&own));
        if here && rule.resource_names.iter().any(|name| name == secret.name()) {
            found.entry(type_of(secret)).or_default().push(secret.name());
        }
    }
    let token = ["kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"];
    let severity = if token.iter().any(|kind| found.contains_key(kind)) { Severity::High } else { Severity::Low };
    let words: Vec<String> = found
        .into_iter()
        .map(|(kind, mut names)| {
            names.sort_unstable();
            names.dedup();
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("{} of type {kind}", names.join(", "))
        })
        .collect();
    (!words.is_empty()).then(|| (words.join("; "), severity))
}

fn type_of(secret: &Object) -> &str {
    secret
        .root()
        .get(f::TYPE)
        .and_then(|entry| entry.value().as_str())
        .filter(|kind| !kind.is_empty())
        .unwrap_or("Opaque")
}
