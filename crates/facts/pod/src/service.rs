//! Which Services reach a pod, and through which ports.

use crate::{same_namespace, service_selector};
use ironclad_model::{Object, Spot};
use ironclad_tree::{NodeRef, f};
use ironclad_views::{IntOrText, Pod};

/// Does the Service send traffic to this pod? One without a selector sends to nobody that we know.
pub fn selects(service: &Object, pod: &Pod<'_>) -> bool {
    if !same_namespace(service, pod.object) {
        return false;
    }
    service_selector(service).is_some_and(|selector| selector.matches(pod.metadata.labels().node()))
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
