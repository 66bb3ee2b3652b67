//! What exists and was not used, as far as the log shows.
//!
//! Each right that was used is decided again over the existing roles and bindings; every rule that allows it counts as
//! used, because which of them the server met first says nothing about which could go.

use super::observed::Observed;
use ironclad_authz::{BindingId, Origin, Proof, RoleId, User, World};
use std::collections::{BTreeMap, BTreeSet};

/// What was not used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Status {
    /// No request was allowed by the binding.
    Binding,
    /// A rule of a bound role allowed no request.
    Rule,
    /// A verb of a rule that is used was not.
    Verb,
    /// A wildcard was used for a few things only.
    Wildcard,
}

impl Status {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Binding => "unused-binding",
            Status::Rule => "unused-rule",
            Status::Verb => "unused-verb",
            Status::Wildcard => "wildcard-partially-used",
        }
    }
}

/// One thing that was not used.
#[derive(Clone, Debug)]
pub struct Unused {
    /// What kind.
    pub status: Status,
    /// The binding, or the role.
    pub object: String,
    /// The rule: its index in the role.
    pub rule: Option<(RoleId, u32)>,
    /// The verb, or what the wildcard was used for.
    pub detail: String,
    /// Requests that the rule allowed.
    pub count: u64,
    /// When it was used last, as the log writes it.
    pub last: String,
}

#[derive(Default)]
struct Seen {
    count: u64,
    last: String,
    verbs: BTreeSet<String>,
    things: BTreeSet<String>,
}

impl Seen {
    fn add(&mut self, count: u64, last: &str) {
        self.count += count;
        if last > self.last.as_str() {
            last.clone_into(&mut self.last);
        }
    }
}

/// All that was not used, of objects that are not the API server's own.
pub fn unused(world: &World, observed: &Observed) -> Vec<Unused> {
    let mut bindings: BTreeMap<BindingId, Seen> = BTreeMap::new();
    let mut rules: BTreeMap<(RoleId, u32), Seen> = BTreeMap::new();
    for (name, identity) in observed.identities() {
        let groups: Vec<&str> = identity.groups.iter().map(String::as_str).collect();
        let user = User::literal(name, &groups);
        for used in identity.uses.iter().filter(|used| used.count > 0) {
            for Proof { binding, role, rule, .. } in world.decide(&user, &used.need.request()).proofs {
                bindings.entry(binding).or_default().add(used.count, &used.last);
                let (source, index) = world.rule_source(role, rule);
                for key in BTreeSet::from([(role, rule), (source, index)]) {
                    let seen = rules.entry(key).or_default();
                    seen.add(used.count, &used.last);
                    let atom = used.need.rule();
                    seen.verbs.extend(atom.verbs);
                    seen.things.extend(atom.resources.iter().chain(&atom.non_resource_urls).cloned());
                }
            }
        }
    }
    let mut found = Vec::new();
    for binding in world.binding_ids() {
        let own = world.binding(binding);
        if own.origin() != Origin::BuiltIn && own.role().is_some() && !bindings.contains_key(&binding) {
            found.push(Unused {
                status: Status::Binding,
                object: world.binding_label(binding),
                rule: None,
                detail: world.role_ref_label(binding),
                count: 0,
                last: String::new(),
            });
        }
    }
    for role in world.role_ids() {
        let bound = world.bindings_to(role).any(|binding| bindings.contains_key(&binding));
        if world.role(role).origin() == Origin::BuiltIn || !bound || world.role(role).is_aggregated() {
            continue;
        }
        for (index, rule) in world.rules_of(role).into_iter().enumerate() {
            let key = (role, index as u32);
            let seen = rules.get(&key);
            let mut push = |status, detail: String| {
                found.push(Unused {
                    status,
                    object: world.role_label(role),
                    rule: Some(key),
                    detail,
                    count: seen.map_or(0, |seen| seen.count),
                    last: seen.map(|seen| seen.last.clone()).unwrap_or_default(),
                });
            };
            let Some(seen) = seen else {
                push(Status::Rule, rule.to_string());
                continue;
            };
            for verb in rule.verbs.iter().filter(|verb| *verb != "*" && !seen.verbs.contains(*verb)) {
                push(Status::Verb, verb.clone());
            }
            let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(",");
            let star = |list: &[String]| list.iter().any(|text| text == "*");
            let wide = star(&rule.resources) || star(&rule.non_resource_urls) || star(&rule.api_groups);
            if star(&rule.verbs) || wide {
                push(Status::Wildcard, format!("used: {} on {}", list(&seen.verbs), list(&seen.things)));
            }
        }
    }
    found.sort_by(|a, b| (a.status, &a.object, a.rule, &a.detail).cmp(&(b.status, &b.object, b.rule, &b.detail)));
    found
}
