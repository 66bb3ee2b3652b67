//! `rbac/rule-noop`

use crate::facts::{READS, facts};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_tree::f;

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
    for role in world.role_ids().filter(|role| !facts.is_default_role(*role)) {
        let Some(object) = facts.object(world.role(role).origin(), cx) else { continue };
        let rules = object.root().get(f::RULES).into_iter().flat_map(|entry| entry.value().items());
        for rule in rules {
            for (field, why) in [
                (f::VERBS, verb as fn(&str) -> Option<String>),
                (f::API_GROUPS, group),
                (f::RESOURCES, resource),
            ] {
                let items = rule.get(field).into_iter().flat_map(|entry| entry.value().items());
                for item in items {
                    if let Some(message) = item.as_str().and_then(why) {
                        cx.find_in(object, item, message);
                    }
                }
            }
        }
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
