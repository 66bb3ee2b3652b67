//! `rbac/default-role-modified`

use crate::facts::{READS, facts};
use crate::risk::rule_node;
use ironclad_authz::{OLDEST, added_to_default};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Severity, Spot};

pub(super) static META: Meta = Meta {
    id: "rbac/default-role-modified",
    title: "default role that grants more than the API server makes",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1098.006"],
    page: include_str!("default_role_modified.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    let world = &facts.world;
    // Default roles of older releases are not known.
    if cx.version() < OLDEST {
        return;
    }
    for role in world.role_ids() {
        // `view`, `edit` and `admin` gather what others write.
        let aggregated = world.role(role).is_aggregated();
        if !world.role(role).is_cluster() || aggregated || facts.is_default_role(role) {
            continue;
        }
        let Some(object) = facts.object(world.role(role).origin(), cx) else { continue };
        if object.root().get_str("aggregationRule").is_some() {
            continue;
        }
        let Some(added) = added_to_default(world.role_name(role), facts.rules(role)) else { continue };
        let Some((index, more)) = added.first() else { continue };
        let at = rule_node(object.root(), *index).map_or(Spot::at(object.root()), Spot::at);
        let rest = if added.len() > 1 { format!(" and {} more", added.len() - 1) } else { String::new() };
        cx.find_in(object, at, format!("default role {} was given {more}{rest}", world.role_label(role)))
            .label("whoever the API server binds it to has that as well, and an upgrade does not take it away");
    }
}
