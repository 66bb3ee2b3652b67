//! Which Services reach a pod, and through which ports.

use ironclad_model::{LabelSelector, Object, Spot};
use ironclad_tree::{Kind as NodeKind, NodeRef, f};
use ironclad_views::{IntOrText, Pod};

/// Are these two objects in one namespace? Objects that name none are with the others of their unit that name none;
/// a named and an unnamed namespace are not taken for one.
pub fn same_namespace(a: &Object, b: &Object) -> bool {
    match (a.namespace(), b.namespace()) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a.unit() == b.unit(),
        _ => false,
    }
}

/// Does the Service send traffic to this pod? One without a selector sends to nobody that we know.
pub fn selects(service: &Object, pod: &Pod<'_>) -> bool {
    if !same_namespace(service, pod.object) {
        return false;
    }
    let selector = service.root().get(f::SPEC).and_then(|spec| spec.value().get(f::SELECTOR));
    let selector = selector.map(|entry| entry.value()).filter(|node| node.kind() == NodeKind::Mapping);
    selector
        .filter(|node| !node.is_empty())
        .is_some_and(|node| LabelSelector::of_map(node).matches(pod.metadata.labels().node()))
}

/// A port of a Service.
#[derive(Clone, Copy)]
pub struct ServicePort<'a> {
    /// The entry of `spec.ports`.
    pub spot: Spot<'a>,
    /// Where it sends to: `targetPort`, else `port`.
    pub target: IntOrText<'a>,
    /// `protocol`; `TCP` where none is written.
    pub protocol: &'a str,
}

/// The ports of a Service that say where they send to, in source order.
pub fn service_ports(service: &Object) -> impl Iterator<Item = ServicePort<'_>> {
    let ports = service.root().get(f::SPEC).and_then(|spec| spec.value().get(f::PORTS));
    ports.into_iter().flat_map(|ports| ports.value().items()).filter_map(|port| {
        let value = |symbol| port.get(symbol).map(|entry| entry.value()).filter(|node| !node.is_null());
        let target = int_or_text(value(f::TARGET_PORT).or_else(|| value(f::PORT))?)?;
        let protocol = value(f::PROTOCOL).and_then(|node| node.as_str()).unwrap_or("TCP");
        Some(ServicePort { spot: Spot::at(port), target, protocol })
    })
}

fn int_or_text(node: NodeRef<'_>) -> Option<IntOrText<'_>> {
    node.as_i64().map(IntOrText::Int).or_else(|| node.as_str().map(IntOrText::Text))
}
