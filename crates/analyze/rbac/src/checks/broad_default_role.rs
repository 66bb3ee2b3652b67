//! `rbac/broad-default-role`

use crate::bindings::role_ref;
use crate::facts::{READS, facts};
use crate::risk::scope_words;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/broad-default-role",
    title: "role `edit` or `admin` in the whole cluster",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.2", "mitre:T1078"],
    page: include_str!("broad_default_role.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    let world = &facts.world;
    for binding in world.binding_ids() {
        let bound = world.binding(binding);
        let Some(role) = bound.role().filter(|role| facts.is_default_role(*role)) else { continue };
        let name = world.role_name(role);
        let wide = bound.is_cluster() || facts.is_system(world.binding_namespace(binding));
        if !matches!(name, "edit" | "admin") || !wide {
            continue;
        }
        let Some(object) = facts.object(bound.origin(), cx) else { continue };
        let mut holders: Vec<String> = world.subjects_of(binding).map(|subject| facts.subject(subject)).collect();
        if holders.is_empty() {
            continue;
        }
        let all = holders.join(", ");
        let first = holders.remove(0);
        let more = if holders.is_empty() { String::new() } else { format!(" and {} more", holders.len()) };
        let scope = scope_words(&facts, binding);
        cx.find_in(object, role_ref(object), format!("{first}{more} has the role `{name}`{scope}"))
            .evidence("subjects", all)
            .label("it reads every Secret, runs commands in pods and acts as every ServiceAccount");
    }
}
