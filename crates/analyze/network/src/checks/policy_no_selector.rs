//! `network/policy-no-selector`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity, Spot};
use ironclad_reach::{Side, isolates};
use ironclad_views::{NetworkPolicy, NetworkPolicyPeer, View};

pub(super) static META: Meta = Meta {
    id: "network/policy-no-selector",
    title: "policy for every pod whose rules select nobody",
    severity: Severity::Low,
    profile: Profile::OptIn,
    reads: &[Kind::NETWORK_POLICY],
    page: include_str!("policy_no_selector.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let spec = NetworkPolicy::at(object.root().into()).spec();
    let selector = spec.pod_selector();
    // Go's zero value of a selector is the empty one, which takes every pod.
    let named = |name: &str| {
        let node = selector.node()?.get_str(name)?.value();
        (!node.is_null() && !node.is_empty()).then_some(())
    };
    if named("matchLabels").is_some() || named("matchExpressions").is_some() {
        return;
    }
    let ingress = spec.ingress().iter().filter(|_| isolates(object, Side::Ingress)).map(|rule| rule.peers());
    let egress = spec.egress().iter().filter(|_| isolates(object, Side::Egress)).map(|rule| rule.peers());
    let peers: Vec<_> = ingress.chain(egress).collect();
    // A policy without rules denies by default, and is meant for all.
    if peers.is_empty() || peers.iter().any(|peers| peers.iter().any(selects)) {
        return;
    }
    cx.find(selector, "policy takes every pod of its namespace, and none of its rules selects a peer");
}

fn selects(peer: NetworkPolicyPeer<'_>) -> bool {
    let set = |spot: Spot<'_>| spot.node().is_some_and(|node| !node.is_null());
    set(peer.pod_selector()) || set(peer.namespace_selector())
}
