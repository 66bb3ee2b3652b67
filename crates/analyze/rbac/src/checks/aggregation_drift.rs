//! `rbac/aggregation-drift`

use crate::facts::{READS, facts};
use ironclad_authz::{PolicyRule, covers};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, LabelSelector, Severity, Spot};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "rbac/aggregation-drift",
    title: "aggregated role that lacks what it should gather",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("aggregation_drift.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    let roles = cx.objects(Kind::CLUSTER_ROLE);
    for object in &roles {
        // Only what a cluster stored has rules that were gathered: it has a uid.
        if object.metadata().is_none_or(|metadata| metadata.get(f::UID).is_none()) {
            continue;
        }
        let Some(rule) = object.root().get(f::AGGREGATION_RULE).map(|entry| entry.value()) else { continue };
        let nodes = rule.get(f::CLUSTER_ROLE_SELECTORS).into_iter().flat_map(|entry| entry.value().items());
        let selectors: Vec<LabelSelector> = nodes.filter_map(|node| LabelSelector::of(node).ok()).collect();
        let sources = roles.iter().filter(|source| {
            source.id() != object.id() && selectors.iter().any(|selector| selector.matches(source.labels()))
        });
        let rules = |name: &str| facts.world.role_named(None, name).map(|role| facts.rules(role).to_vec());
        let gathered: Vec<PolicyRule> = sources.filter_map(|source| rules(source.name())).flatten().collect();
        let Some(stored) = rules(object.name()) else { continue };
        if gathered.is_empty() {
            continue;
        }
        let at = Spot::at(object.root()).field(f::AGGREGATION_RULE);
        if let Some(missing) = covers(&stored, &gathered).first() {
            cx.find_in(object, at, format!("the stored rules lack {missing}, which a selected role holds"))
                .label("the controller has not run since, or something else writes the rules");
        }
        // What is too much is only known where every role was read.
        let extra = covers(&gathered, &stored);
        if let Some(extra) = extra.first().filter(|_| cx.complete()) {
            cx.find_in(object, at, format!("the stored rules hold {extra}, which no selected role holds"))
                .label("the controller has not run since, or something else writes the rules");
        }
    }
}
