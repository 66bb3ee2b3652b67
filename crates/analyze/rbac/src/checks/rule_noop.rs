//! `rbac/rule-noop`

use crate::facts::{Facts, READS, facts};
use crate::served::Served;
use ironclad_authz::PolicyRule;
use ironclad_authz::resources::VERBS;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_tree::{Symbol, f};
use rustc_hash::FxHashMap;

pub(super) static META: Meta = Meta {
    id: "rbac/rule-noop",
    title: "entry of a rule that matches nothing",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("rule_noop.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    let world = &facts.world;
    let judge = Judge { facts: &facts, served: Served::new() };
    // Roles with the same rules are judged once: a cluster repeats its mistakes.
    let mut known: FxHashMap<u32, Vec<Idle>> = FxHashMap::default();
    for role in world.role_ids().filter(|role| !facts.is_default_role(*role)) {
        let Some(object) = facts.object(world.role(role).origin(), cx) else { continue };
        let nodes = || object.root().get(f::RULES).into_iter().flat_map(|entry| entry.value().items());
        // The index has no rules of what the API server refuses, and those of others where they are gathered.
        let own;
        let found = if world.role(role).is_refused() || world.role(role).is_aggregated() {
            own = judge.rules(&nodes().map(PolicyRule::of).collect::<Vec<_>>());
            &own
        } else {
            known.entry(world.rules_class(role)).or_insert_with(|| judge.rules(facts.rules(role)))
        };
        for idle in found {
            let list = nodes().nth(idle.rule).and_then(|rule| rule.get(idle.field));
            let item = list.and_then(|list| list.value().items().nth(idle.item));
            if let Some(item) = item.filter(|item| item.as_str().is_some()) {
                cx.find_in(object, item, idle.message.clone()).severity(idle.severity);
            }
        }
    }
}

/// An entry that matches nothing, or less than it seems to.
struct Idle {
    rule: usize,
    field: Symbol,
    item: usize,
    message: String,
    severity: Severity,
}

struct Judge<'f> {
    facts: &'f Facts,
    served: Served,
}

impl Judge<'_> {
    fn rules(&self, rules: &[PolicyRule]) -> Vec<Idle> {
        let mut found = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let mut say = |field, item, message, severity| {
                found.push(Idle { rule: index, field, item, message, severity });
            };
            written(rule, &mut say);
            self.unserved(rule, &mut say);
            unnamed(rule, &mut say);
        }
        found
    }

    /// Resources that the API server's own groups do not have, and verbs that none of the resources is asked with.
    fn unserved(&self, rule: &PolicyRule, say: &mut impl FnMut(Symbol, usize, String, Severity)) {
        let Judge { facts, served } = self;
        for (index, text) in rule.api_groups.iter().enumerate() {
            if let Some(meant) = served.group_meant(text).filter(|_| group(text).is_none()) {
                let message = format!("API group `{text}` is none: write `{meant}`");
                say(f::API_GROUPS, index, message, Severity::Medium);
            }
        }
        let groups: Vec<&str> = rule.api_groups.iter().map(String::as_str).collect();
        if !served.knows(&groups) {
            return;
        }
        let place = match groups.as_slice() {
            [""] => "the core group".to_owned(),
            [group] => format!("group `{group}`"),
            _ => "the groups of this rule".to_owned(),
        };
        let mut verbs: Vec<&str> = Vec::new();
        let mut all_known = true;
        for (index, text) in rule.resources.iter().enumerate() {
            match served.verbs(&facts.resources, &groups, text) {
                Some(own) => verbs.extend(own),
                None => {
                    all_known = false;
                    // Told in other words.
                    if resource(text).is_some() {
                        continue;
                    }
                    let meant = served.meant(&groups, text);
                    // It may be of a release that is long gone, or to come.
                    let severity = if meant.is_some() { Severity::Medium } else { Severity::Low };
                    let meant = meant.map(|meant| format!(": {meant}")).unwrap_or_default();
                    say(f::RESOURCES, index, format!("resource `{text}` is not in {place}{meant}"), severity);
                }
            }
        }
        if !all_known || verbs.is_empty() {
            return;
        }
        for (index, text) in rule.verbs.iter().enumerate() {
            let text = text.as_str();
            if VERBS.contains(&text) && !verbs.contains(&text) {
                let served: Vec<String> =
                    VERBS.iter().filter(|verb| verbs.contains(verb)).map(|verb| format!("`{verb}`")).collect();
                if served.is_empty() {
                    continue;
                }
                let has = served.join(", ");
                let message = format!("verb `{text}` matches nothing here: what the rule names has {has}");
                say(f::VERBS, index, message, Severity::Low);
            }
        }
    }
}

/// Why an entry matches nothing, where it does.
type Why = fn(&str) -> Option<String>;

/// Entries that no text of a request can equal.
fn written(rule: &PolicyRule, say: &mut impl FnMut(Symbol, usize, String, Severity)) {
    let lists: [(Symbol, &[String], Why); 3] = [
        (f::VERBS, &rule.verbs, verb),
        (f::API_GROUPS, &rule.api_groups, group),
        (f::RESOURCES, &rule.resources, resource),
    ];
    for (field, texts, why) in lists {
        for (index, text) in texts.iter().enumerate() {
            if let Some(message) = why(text) {
                say(field, index, message, Severity::Medium);
            }
        }
    }
}

/// Verbs whose requests have no name, in a rule that is limited to names. Requests to subresources have one.
fn unnamed(rule: &PolicyRule, say: &mut impl FnMut(Symbol, usize, String, Severity)) {
    let names = &rule.resource_names;
    let whole = rule.resources.iter().any(|text| !text.contains('/'));
    // The empty name is that of a request without one.
    if names.is_empty() || !whole || names.iter().any(String::is_empty) {
        return;
    }
    for (index, text) in rule.verbs.iter().enumerate() {
        let (why, severity) = match text.as_str() {
            "deletecollection" => ("matches nothing: such a request has no name", Severity::Low),
            "create" => ("allows to make them by apply alone: other requests to create have no name", Severity::Info),
            "list" | "watch" => {
                ("matches only requests with the field selector `metadata.name=<one of them>`", Severity::Info)
            }
            _ => continue,
        };
        say(f::VERBS, index, format!("verb `{text}` with `resourceNames` {why}"), severity);
    }
}

fn verb(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    (lower != text).then(|| format!("verb `{text}` matches no request: verbs have lower case, `{lower}`"))
}

fn group(text: &str) -> Option<String> {
    let meant = match text.split_once('/') {
        Some((group, _)) => group,
        None if matches!(text, "v1" | "core") => "",
        None => return None,
    };
    Some(format!("API group `{text}` is none: write `\"{meant}\"`"))
}

fn resource(text: &str) -> Option<String> {
    let (name, subresource) = text.split_once('/').unwrap_or((text, ""));
    if subresource == "*" {
        return Some(format!("resource `{text}` matches nothing: `*` stands for a resource, not for subresources"));
    }
    if text != "*" && name != "*" && name.contains('*') {
        return Some(format!("resource `{text}` matches nothing: `*` is no part of a name"));
    }
    let lower = text.to_lowercase();
    (lower != text).then(|| format!("resource `{text}` matches nothing: resources are plural and have lower case"))
}
