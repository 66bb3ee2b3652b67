//! `rbac/role-unused`

use crate::facts::{READS, facts};
use ironclad_authz::RoleId;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity, Spot};
use ironclad_tree::f;
use std::collections::BTreeSet;

pub(super) static META: Meta = Meta {
    id: "rbac/role-unused",
    title: "role that nobody is bound to",
    severity: Severity::Info,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("role_unused.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    let world = &facts.world;
    let mut sources: BTreeSet<RoleId> = BTreeSet::new();
    for role in world.role_ids().filter(|role| world.role(*role).is_aggregated()) {
        let count = world.rules_of(role).len() as u32;
        sources.extend((0..count).map(|index| world.rule_source(role, index).0));
    }
    for role in world.role_ids() {
        let Some(object) = facts.object(world.role(role).origin(), cx) else { continue };
        let labels = object.labels().into_iter().flat_map(|labels| labels.entries());
        let aggregates =
            labels.into_iter().any(|entry| entry.key().starts_with("rbac.authorization.k8s.io/aggregate-to-"));
        let used = world.bindings_to(role).next().is_some() || sources.contains(&role);
        if used
            || aggregates
            || world.role(role).is_refused()
            || world.role(role).is_aggregated()
            || facts.is_default_role(role)
        {
            continue;
        }
        cx.context(&[Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING]);
        let at = Spot::at(object.root()).field(f::METADATA).field(f::NAME);
        cx.find_in(object, at, format!("{} is bound to nobody", world.role_label(role)));
    }
}
