//! `rbac/rule-noop`

use crate::facts::{Facts, READS, facts};
use crate::served::Served;
use ironclad_authz::resources::VERBS;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Object, Severity};
use ironclad_tree::{NodeRef, f};
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
    let served = cx.shared(|_, _| Served::new());
    let mut meant = Meant::default();
    for role in world.role_ids().filter(|role| !facts.is_default_role(*role)) {
        let Some(object) = facts.object(world.role(role).origin(), cx) else { continue };
        let rules = object.root().get(f::RULES).into_iter().flat_map(|entry| entry.value().items());
        for rule in rules {
            for (field, why) in
                [(f::VERBS, verb as fn(&str) -> Option<String>), (f::API_GROUPS, group), (f::RESOURCES, resource)]
            {
                let items = rule.get(field).into_iter().flat_map(|entry| entry.value().items());
                for item in items {
                    if let Some(message) = item.as_str().and_then(why) {
                        cx.find_in(object, item, message);
                    }
                }
            }
            unserved(cx, &facts, &served, &mut meant, object, rule);
            unnamed(cx, object, rule);
        }
    }
}

/// Texts of a list of a rule, with their nodes.
fn texts<'s>(rule: NodeRef<'s>, field: ironclad_tree::Symbol) -> Vec<(&'s str, NodeRef<'s>)> {
    let items = rule.get(field).into_iter().flat_map(|entry| entry.value().items());
    items.filter_map(|item| Some((item.as_str()?, item))).collect()
}

/// What entries may have meant, by groups and entry: a cluster repeats its mistakes.
type Meant<'s> = FxHashMap<(Vec<&'s str>, &'s str), Option<String>>;

/// Resources that the API server's own groups do not have, and verbs that none of the resources is asked with.
fn unserved<'s>(
    cx: &mut Cx<'s>,
    facts: &Facts,
    served: &Served,
    meant: &mut Meant<'s>,
    object: &'s Object,
    rule: NodeRef<'s>,
) {
    let own_groups = texts(rule, f::API_GROUPS);
    for (text, node) in &own_groups {
        if let Some(meant) = served.group_meant(text).filter(|_| group(text).is_none()) {
            cx.find_in(object, *node, format!("API group `{text}` is none: write `{meant}`"));
        }
    }
    let groups: Vec<&str> = own_groups.iter().map(|(text, _)| *text).collect();
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
    for (text, node) in texts(rule, f::RESOURCES) {
        match served.verbs(&facts.resources, &groups, text) {
            Some(own) => verbs.extend(own),
            None => {
                all_known = false;
                // Told above, in other words.
                if resource(text).is_some() {
                    continue;
                }
                let key = (groups.clone(), text);
                let meant = meant.entry(key).or_insert_with(|| served.meant(&groups, text)).as_ref();
                // It may be of a release that is long gone, or to come.
                let severity = if meant.is_some() { Severity::Medium } else { Severity::Low };
                let meant = meant.map(|meant| format!(": {meant}")).unwrap_or_default();
                let message = format!("resource `{text}` is not in {place}{meant}");
                cx.find_in(object, node, message).severity(severity);
            }
        }
    }
    if !all_known || verbs.is_empty() {
        return;
    }
    for (text, node) in texts(rule, f::VERBS) {
        if VERBS.contains(&text) && !verbs.contains(&text) {
            let served: Vec<String> =
                VERBS.iter().filter(|verb| verbs.contains(verb)).map(|verb| format!("`{verb}`")).collect();
            if served.is_empty() {
                continue;
            }
            let message = format!("verb `{text}` matches nothing here: what the rule names has {}", served.join(", "));
            cx.find_in(object, node, message).severity(Severity::Low);
        }
    }
}

/// Verbs whose requests have no name, in a rule that is limited to names. Requests to subresources have one.
fn unnamed(cx: &mut Cx<'_>, object: &Object, rule: NodeRef<'_>) {
    let names = texts(rule, f::RESOURCE_NAMES);
    let whole = texts(rule, f::RESOURCES).iter().any(|(text, _)| !text.contains('/'));
    // The empty name is that of a request without one.
    if names.is_empty() || !whole || names.iter().any(|(name, _)| name.is_empty()) {
        return;
    }
    for (text, node) in texts(rule, f::VERBS) {
        let (why, severity) = match text {
            "deletecollection" => ("matches nothing: such a request has no name", Severity::Low),
            "create" => ("allows to make them by apply alone: other requests to create have no name", Severity::Info),
            "list" | "watch" => {
                ("matches only requests with the field selector `metadata.name=<one of them>`", Severity::Info)
            }
            _ => continue,
        };
        cx.find_in(object, node, format!("verb `{text}` with `resourceNames` {why}")).severity(severity);
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
