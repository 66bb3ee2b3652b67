//! `wiring/service-target-port`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, LabelSelector, Object, Severity};
use ironclad_pod::service_ports;
use ironclad_reach::{DeclaredPort, LabelledPods, Namespace, labelled_pods};
use ironclad_tree::f;
use ironclad_views::{IntOrText, Service, View};
use std::sync::Arc;

pub(super) static META: Meta = Meta {
    id: "wiring/service-target-port",
    title: "Service sends to a port that its pods do not declare",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: &[Kind::SERVICE, Kind::ANY_POD],
    page: include_str!("service_target_port.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(service: &Object, cx: &mut Cx<'_>) {
    let spec = Service::at(service.root().into()).spec();
    let Some(node) = spec.selector().node().filter(|node| !node.is_empty()) else { return };
    if spec.kind().get() == Some("ExternalName") {
        return;
    }
    let pods: &Arc<LabelledPods> = cx.once(|cx| labelled_pods(cx));
    let selector = LabelSelector::of_map(node);
    let mut selected = pods.select(&Namespace::of(service), &selector).peekable();
    // `wiring/dangling-service` reports a Service without pods.
    if selected.peek().is_none() {
        return;
    }
    let selected: Vec<_> = selected.collect();
    // What an operator makes has ports that nobody wrote down.
    if selected.iter().any(|pod| pod.value.opaque) {
        return;
    }
    let declared: Vec<&DeclaredPort> = selected.iter().flat_map(|pod| &pod.value.ports).collect();
    for port in service_ports(service) {
        let fits = |declared: &&DeclaredPort| {
            *declared.protocol == *port.protocol
                && match port.target {
                    IntOrText::Text(name) => declared.name.as_deref() == Some(name),
                    IntOrText::Int(number) => declared.number == number,
                }
        };
        if declared.iter().any(fits) {
            continue;
        }
        let target = port.spot.field(f::TARGET_PORT);
        let at = if target.exists() { target } else { port.spot.field(f::PORT) };
        match port.target {
            IntOrText::Text(name) => {
                cx.find(at, format!("no container of the selected pods has a {} port \"{name}\"", port.protocol))
                    .label("a name that is not found gives no endpoint");
            }
            // A port need not be declared to be listened on.
            IntOrText::Int(number) => {
                let protocol = port.protocol;
                cx.find(at, format!("no container of the selected pods declares {protocol} port {number}"))
                    .severity(Severity::Low);
            }
        }
    }
}
