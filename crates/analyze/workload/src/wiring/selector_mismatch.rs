//! `wiring/selector-mismatch`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, LabelSelector, Object, Requirement, Severity, Spot};
use ironclad_tree::{Kind as NodeKind, NodeRef, f};

pub(super) static META: Meta = Meta {
    id: "wiring/selector-mismatch",
    title: "selector that does not match its own template",
    severity: Severity::High,
    reads: &[
        Kind::DEPLOYMENT,
        Kind::REPLICA_SET,
        Kind::STATEFUL_SET,
        Kind::DAEMON_SET,
        Kind::REPLICATION_CONTROLLER,
        Kind::JOB,
        Kind::CRON_JOB,
        Kind::DEPLOYMENT_CONFIG,
        Kind::ROLLOUT,
        Kind::CLONE_SET,
        Kind::KRUISE_STATEFUL_SET,
        Kind::KRUISE_DAEMON_SET,
    ],
    page: include_str!("selector_mismatch.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if !META.reads.contains(&object.kind()) {
        return;
    }
    let mut spec = Spot::at(object.root()).field(f::SPEC);
    if object.kind() == Kind::CRON_JOB {
        spec = spec.field(f::JOB_TEMPLATE).field(f::SPEC);
    }
    let is_mapping = |spot: &Spot<'_>| spot.node().is_some_and(|node| node.kind() == NodeKind::Mapping);
    let field = spec.field(f::SELECTOR);
    // Without a template in the manifest (`workloadRef`) there is nothing to hold the selector against.
    if !is_mapping(&spec.field(f::TEMPLATE)) {
        return;
    }
    let labels = spec.field(f::TEMPLATE).field(f::METADATA).field(f::LABELS).node();
    let node = field.node().filter(|node| !node.is_null());
    let plain = matches!(object.kind(), Kind::REPLICATION_CONTROLLER | Kind::DEPLOYMENT_CONFIG);
    let Some(node) = node else {
        // Before `apps/v1`, and for these and Jobs still, the API server takes the template's labels.
        if object.api_version() == "apps/v1" {
            cx.find(field, "selector is missing").label("`apps/v1` has no default for it");
        }
        return;
    };
    let selector = if plain {
        LabelSelector::of_map(node)
    } else {
        // A selector that the API server refuses is the schema's to report.
        let Ok(selector) = LabelSelector::of(node) else { return };
        selector
    };
    if selector.is_empty() {
        if object.api_version() == "apps/v1" {
            cx.find(field, "selector is empty").label("`apps/v1` refuses it");
        }
        return;
    }
    let value = |key: &str| labels.and_then(|labels: NodeRef<'_>| labels.get_str(key)?.value().text());
    let unmet = selector.requirements().iter().find(|requirement| !requirement.allows(value(requirement.key())));
    if let Some(requirement) = unmet {
        let key = requirement.key();
        let has = value(key).map_or_else(|| "is missing".to_owned(), |value| format!("is \"{value}\""));
        let finder = cx.find(field, format!("selector does not match the template: its label `{key}` {has}"));
        let finder = finder.label(match requirement {
            Requirement::In(_, values) => format!("wanted: {}", values.join(" or ")),
            Requirement::NotIn(_, values) => format!("excluded: {}", values.join(", ")),
            Requirement::Exists(_) => "wanted: any value".to_owned(),
            Requirement::DoesNotExist(_) => "wanted: none".to_owned(),
        });
        if let Some(labels) = labels {
            finder.related(labels, "labels of the pods");
        }
    }
}
