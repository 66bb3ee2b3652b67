//! Aggregated ClusterRoles: what the controller would write into their rules.
//!
//! Source: k8s.io/kubernetes `pkg/controller/clusterroleaggregation`: the rules of all ClusterRoles that a selector
//! matches, in the order of their names, without repetition. Aggregated roles may select each other: the rules of
//! every role that can be reached are taken once, so a circle ends.

use crate::read::items;
use crate::{Options, Origin, RoleId, World, defaults};
use ironclad_model::{LabelSelector, Snapshot};
use ironclad_tree::{NodeRef, f};
use std::collections::BTreeMap;

/// Labels of a role.
enum Labels<'a> {
    Node(Option<NodeRef<'a>>),
    BuiltIn(&'static [(&'static str, &'static str)]),
}

impl Labels<'_> {
    fn match_with(&self, selector: &LabelSelector) -> bool {
        match self {
            Labels::Node(labels) => selector.matches(*labels),
            Labels::BuiltIn(labels) => {
                selector.matches_with(|key| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value))
            }
        }
    }
}

/// Replaces the rules of aggregated roles.
pub(crate) fn compute(world: &mut World, snapshot: &Snapshot, options: &Options<'_>) {
    let selectors = selectors(world, snapshot, options);
    if selectors.is_empty() {
        return;
    }
    let cluster: Vec<RoleId> = {
        let mut ids: Vec<RoleId> = world.role_ids().filter(|id| world.role(*id).cluster).collect();
        ids.sort_by(|a, b| world.role_name(*a).cmp(world.role_name(*b)));
        ids
    };
    let mut selected: BTreeMap<RoleId, Vec<RoleId>> = BTreeMap::new();
    for (role, selectors) in &selectors {
        let takes = |id: &RoleId| {
            id != role && {
                let labels = labels(world, snapshot, *id, options);
                selectors.iter().any(|selector| labels.match_with(selector))
            }
        };
        selected.insert(*role, cluster.iter().copied().filter(takes).collect());
    }
    let mut results = Vec::new();
    for role in selected.keys() {
        let mut sources = Vec::new();
        collect(*role, &selected, &mut vec![*role], &mut sources);
        let mut rules: Vec<u32> = Vec::new();
        let mut origins = Vec::new();
        for source in sources {
            for (index, rule) in world.rules.of_list(world.role(source).list).iter().enumerate() {
                if !rules.contains(rule) {
                    rules.push(*rule);
                    origins.push((source, index as u32));
                }
            }
        }
        results.push((*role, rules, origins));
    }
    for (role, rules, origins) in results {
        let list = world.rules.list(&rules);
        let role = &mut world.roles[role.0 as usize];
        role.list = list;
        role.aggregated = Some(origins);
    }
}

/// The roles with rules of their own that can be reached from `role`, in order.
fn collect(role: RoleId, selected: &BTreeMap<RoleId, Vec<RoleId>>, seen: &mut Vec<RoleId>, out: &mut Vec<RoleId>) {
    for next in selected.get(&role).into_iter().flatten() {
        if seen.contains(next) {
            continue;
        }
        seen.push(*next);
        if selected.contains_key(next) {
            collect(*next, selected, seen, out);
        } else {
            out.push(*next);
        }
    }
}

fn selectors(world: &World, snapshot: &Snapshot, options: &Options<'_>) -> BTreeMap<RoleId, Vec<LabelSelector>> {
    let mut found = BTreeMap::new();
    for id in world.role_ids() {
        let role = world.role(id);
        if !role.cluster || role.refused {
            continue;
        }
        match role.origin {
            Origin::Object(object) if !options.live => {
                let Some(object) = snapshot.object(object) else { continue };
                // What a cluster stored (it has a uid) is what is in force there, whatever else was read.
                if object.metadata().is_some_and(|metadata| metadata.get(f::UID).is_some()) {
                    continue;
                }
                let Some(rule) = object.root().get(f::AGGREGATION_RULE).map(|entry| entry.value()) else { continue };
                if rule.is_null() {
                    continue;
                }
                // A selector that the API server would refuse selects nothing.
                let selectors = items(rule, f::CLUSTER_ROLE_SELECTORS).filter_map(|node| LabelSelector::of(node).ok());
                found.insert(id, selectors.collect());
            }
            Origin::Object(_) | Origin::Outside(_) => {}
            Origin::BuiltIn => {
                let selectors = defaults::selectors(world.role_name(id), options.defaults);
                if !selectors.is_empty() {
                    found.insert(id, selectors);
                }
            }
        }
    }
    found
}

fn labels<'a>(world: &World, snapshot: &'a Snapshot, id: RoleId, options: &Options<'_>) -> Labels<'a> {
    match world.role(id).origin {
        Origin::Object(object) => Labels::Node(snapshot.object(object).and_then(|object| object.labels())),
        Origin::BuiltIn => Labels::BuiltIn(defaults::labels(world.role_name(id), options.defaults)),
        Origin::Outside(_) => Labels::Node(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_testkit::snapshot;

    fn role(name: &str, labels: &str, rest: &str) -> String {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n{rest}\n---\n"
        )
    }

    fn rule(verb: &str) -> String {
        format!("rules: [{{verbs: [{verb}], apiGroups: [''], resources: [pods]}}]")
    }

    #[test]
    fn circles_end_and_chains_are_followed() {
        let select = |key: &str| format!("aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{{key}: y}}}}]}}");
        let text = role("a", "to-b: y", &select("to-a"))
            + &role("b", "to-a: y", &select("to-b"))
            + &role("z", "to-a: y", &rule("get"))
            + &role("y", "to-b: y", &rule("list"))
            + &role("x", "", &rule("watch"))
            + &role("all", "", "aggregationRule: {clusterRoleSelectors: [{}]}");
        let world = World::of(&snapshot("a.yaml", &text), &Options::default());
        let verbs = |name: &str| -> Vec<String> {
            let id = world.role_named(None, name).unwrap();
            world.rules_of(id).into_iter().map(|rule| rule.verbs.join(",")).collect()
        };
        assert_eq!(verbs("a"), ["list", "get"]);
        assert_eq!(verbs("b"), ["get", "list"]);
        let mut all = verbs("all");
        all.sort();
        assert_eq!(all, ["get", "list", "watch"]);
        let a = world.role_named(None, "a").unwrap();
        assert_eq!(world.role_name(world.rule_source(a, 1).0), "z");
    }
}
