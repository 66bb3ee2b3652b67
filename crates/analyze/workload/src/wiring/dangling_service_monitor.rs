//! `wiring/dangling-service-monitor`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, LabelSelector, Object, Severity, Spot};
use ironclad_reach::{LabelIndex, LabelledPods, Namespace, labelled_pods};
use ironclad_tree::f;
use std::sync::Arc;

pub(super) static META: Meta = Meta {
    id: "wiring/dangling-service-monitor",
    title: "monitor that selects nothing",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: &[Kind::SERVICE_MONITOR, Kind::POD_MONITOR, Kind::SERVICE, Kind::ANY_POD],
    page: include_str!("dangling_service_monitor.md"),
    ..Meta::DEFAULT
};

/// Services and pods of the snapshot.
type Facts = (LabelIndex<()>, Arc<LabelledPods>);

fn facts(cx: &Cx<'_>) -> Facts {
    let mut services = LabelIndex::default();
    for service in cx.objects(Kind::SERVICE) {
        services.push(service.id(), service.kind(), Namespace::of(service), service.labels(), ());
    }
    (services, labelled_pods(cx))
}

pub(super) fn check(monitor: &Object, cx: &mut Cx<'_>) {
    let (what, counterpart) = match monitor.kind() {
        Kind::SERVICE_MONITOR => ("Service", Kind::SERVICE),
        Kind::POD_MONITOR => ("pod", Kind::ANY_POD),
        _ => return,
    };
    let spec = Spot::at(monitor.root()).field(f::SPEC);
    let field = spec.field(f::SELECTOR);
    // An absent selector is Go's zero value, the empty one, which takes everything.
    let Ok(selector) = field.node().map_or(Ok(LabelSelector::default()), LabelSelector::of) else { return };
    let (services, pods): &Facts = cx.once(facts);
    let finds = |namespace: &Namespace| {
        if counterpart == Kind::SERVICE {
            services.select(namespace, &selector).next().is_some()
        } else {
            pods.select(namespace, &selector).next().is_some()
        }
    };
    let namespaces = spec.field(f::NAMESPACE_SELECTOR).node();
    let any = namespaces.and_then(|node| node.get_str("any")?.value().as_bool()) == Some(true);
    let names = namespaces.and_then(|node| node.get_str("matchNames"));
    let names: Vec<&str> = names.into_iter().flat_map(|e| e.value().items()).filter_map(|n| n.as_str()).collect();
    let found = if any {
        services.namespaces().chain(pods.namespaces()).any(finds)
    } else if names.is_empty() {
        finds(&Namespace::of(monitor))
    } else {
        names.iter().any(|name| finds(&Namespace::named(name)))
    };
    if found || !spec.exists() {
        return;
    }
    // What is in a namespace that is named may well lie elsewhere (`kube-system` always does).
    let seen = |name: &&&str| {
        let namespace = Namespace::named(name);
        let service = services.in_namespace(&namespace).next().is_some();
        if counterpart == Kind::SERVICE { service } else { pods.in_namespace(&namespace).next().is_some() }
    };
    if !any && !names.is_empty() && !cx.complete() && !names.iter().any(|name| seen(&name)) {
        cx.not_observed("the set holds nothing of a namespace that a monitor names");
    } else {
        cx.context(&[counterpart]);
        let place = if any {
            "of any namespace"
        } else if names.is_empty() {
            "of its namespace"
        } else {
            "of the namespaces that it names"
        };
        cx.find(field, format!("monitor selects no {what} {place}")).label("nothing is scraped, and no alert says so");
    }
}
