//! Do these rules cover those? The question behind the API server's refusal to let anybody give away more than he has.
//!
//! Source: k8s.io/component-helpers `auth/rbac/validation/policy_comparator.go`. Each atom of what is wanted must be
//! covered by one rule of the owner; rights spread over two rules of the owner cover two atoms, never one.

use crate::PolicyRule;

/// The atoms of `wanted` that no rule of `owner` covers: empty where all is covered.
pub fn covers(owner: &[PolicyRule], wanted: &[PolicyRule]) -> Vec<PolicyRule> {
    let atoms = wanted.iter().flat_map(breakdown);
    atoms.filter(|atom| !owner.iter().any(|rule| rule_covers(rule, atom))).collect()
}

/// A rule as atoms of one group, resource, verb and name, or of one path and verb.
pub fn breakdown(rule: &PolicyRule) -> Vec<PolicyRule> {
    let one = |text: &String| vec![text.clone()];
    let mut atoms = Vec::new();
    for group in &rule.api_groups {
        for resource in &rule.resources {
            for verb in &rule.verbs {
                let atom = PolicyRule {
                    verbs: one(verb),
                    api_groups: one(group),
                    resources: one(resource),
                    ..PolicyRule::default()
                };
                if rule.resource_names.is_empty() {
                    atoms.push(atom);
                    continue;
                }
                let named = |name| PolicyRule { resource_names: one(name), ..atom.clone() };
                atoms.extend(rule.resource_names.iter().map(named));
            }
        }
    }
    for url in &rule.non_resource_urls {
        let of = |verb| PolicyRule { verbs: one(verb), non_resource_urls: one(url), ..PolicyRule::default() };
        atoms.extend(rule.verbs.iter().map(of));
    }
    atoms
}

/// Does one rule cover another?
pub fn rule_covers(owner: &PolicyRule, wanted: &PolicyRule) -> bool {
    all_or_star(&owner.verbs, &wanted.verbs)
        && all_or_star(&owner.api_groups, &wanted.api_groups)
        && wanted.resources.iter().all(|resource| covers_resource(&owner.resources, resource))
        && wanted.non_resource_urls.iter().all(|url| owner.non_resource_urls.iter().any(|own| covers_url(own, url)))
        && match (owner.resource_names.is_empty(), wanted.resource_names.is_empty()) {
            (true, _) => true,
            (false, true) => false,
            (false, false) => has_all(&owner.resource_names, &wanted.resource_names),
        }
}

fn has_all(set: &[String], wanted: &[String]) -> bool {
    wanted.iter().all(|text| set.contains(text))
}

fn has(set: &[String], text: &str) -> bool {
    set.iter().any(|own| own == text)
}

fn all_or_star(set: &[String], wanted: &[String]) -> bool {
    has(set, "*") || has_all(set, wanted)
}

fn covers_resource(set: &[String], resource: &str) -> bool {
    has(set, "*")
        || has(set, resource)
        || resource.split_once('/').is_some_and(|(_, subresource)| has(set, &format!("*/{subresource}")))
}

fn covers_url(own: &str, wanted: &str) -> bool {
    own == wanted || (own.ends_with('*') && wanted.starts_with(own.trim_end_matches('*')))
}
