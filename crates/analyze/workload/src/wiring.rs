//! References that lead nowhere, and names that collide: one line a check.

ironclad_check::checks![
    dangling_gateway_route: object,
    dangling_ingress: kind(INGRESS),
    dangling_network_policy: kind(NETWORK_POLICY),
    dangling_network_policy_peer: kind(NETWORK_POLICY),
    dangling_ref: pod,
    dangling_service: kind(SERVICE),
    dangling_service_monitor: object,
    duplicate_env: pod,
    duplicate_object: snapshot,
    missing_service_account: pod,
    port_name: object,
    selector_mismatch: object,
    service_target_port: kind(SERVICE),
    volume_unmounted: pod,
];

use ironclad_check::Cx;
use ironclad_model::{Kind, Object};
use ironclad_pod::same_namespace;

/// The object of this kind and name beside another.
fn beside<'a>(other: &Object, kind: Kind, name: &str, cx: &Cx<'a>) -> Option<&'a Object> {
    let named = cx.snapshot().named(kind, other.namespace(), name);
    named.into_iter().find(|object| same_namespace(object, other))
}
