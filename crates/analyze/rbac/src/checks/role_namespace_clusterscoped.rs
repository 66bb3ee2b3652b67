//! `rbac/role-namespace-clusterscoped`

use crate::facts::{READS, facts};
use crate::risk::rule_node;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "rbac/role-namespace-clusterscoped",
    title: "Role that grants what has no namespace",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("role_namespace_clusterscoped.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    let world = &facts.world;
    for role in world.role_ids().filter(|role| !world.role(*role).is_cluster() && !facts.is_default_role(*role)) {
        let Some(object) = facts.object(world.role(role).origin(), cx) else { continue };
        for (index, rule) in facts.rules(role).iter().enumerate() {
            let Some(node) = rule_node(object.root(), index as u32) else { continue };
            let items = node.get(f::RESOURCES).into_iter().flat_map(|entry| entry.value().items());
            for item in items {
                let Some(resource) = item.as_str().filter(|text| *text != "*" && !text.starts_with("namespaces"))
                else {
                    continue;
                };
                let nowhere = !rule.api_groups.is_empty()
                    && rule.api_groups.iter().all(|group| !facts.is_namespaced(group, resource));
                if nowhere {
                    cx.find_in(object, item, format!("a Role cannot grant `{resource}`, which has no namespace"));
                }
            }
        }
    }
}
