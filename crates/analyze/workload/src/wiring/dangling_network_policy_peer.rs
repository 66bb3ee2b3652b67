//! `wiring/dangling-network-policy-peer`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, LabelSelector, Object, Severity, Spot};
use ironclad_reach::{Answer, LabelledPods, Namespace, Namespaces, labelled_pods};
use ironclad_views::{NetworkPolicy, NetworkPolicyPeer, View};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) static META: Meta = Meta {
    id: "wiring/dangling-network-policy-peer",
    title: "peer of a NetworkPolicy that selects nothing",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: &[Kind::NETWORK_POLICY, Kind::NAMESPACE, Kind::ANY_POD],
    page: include_str!("dangling_network_policy_peer.md"),
    ..Meta::DEFAULT
};

/// What the whole snapshot says: pods, labels of namespaces, and every namespace that is known of.
struct Facts {
    pods: Arc<LabelledPods>,
    namespaces: Namespaces,
    known: BTreeSet<Namespace>,
}

/// Namespaces that every cluster has.
const BUILT_IN: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

impl Facts {
    fn of(cx: &Cx<'_>) -> Facts {
        let pods = labelled_pods(cx);
        let namespaces = Namespaces::of(cx.objects(Kind::NAMESPACE));
        let named = namespaces.names().into_iter().chain(BUILT_IN).map(Namespace::named);
        let known = named.chain(pods.namespaces().cloned()).collect();
        Facts { pods, namespaces, known }
    }
}

pub(super) fn check(policy: &Object, cx: &mut Cx<'_>) {
    let spec = NetworkPolicy::at(policy.root().into()).spec();
    let ingress = spec.ingress().iter().flat_map(|rule| rule.peers().iter());
    let egress = spec.egress().iter().flat_map(|rule| rule.peers().iter());
    let facts: &Facts = cx.once(Facts::of);
    let dangling: Vec<(Spot<'_>, Dangling)> =
        ingress.chain(egress).filter_map(|peer| Some((peer.spot(), judge(policy, peer, facts, cx)?))).collect();
    for (at, what) in &dangling {
        if *what == Dangling::NotSeen {
            cx.not_observed("the set does not hold the pods of a namespace that a NetworkPolicy names");
        } else if *what == Dangling::Namespace {
            cx.context(&[Kind::NAMESPACE]);
        } else {
            cx.context(&[Kind::ANY_POD]);
        }
        match what {
            Dangling::NotSeen => continue,
            Dangling::Namespace => cx.find(*at, "peer selects no namespace that is known"),
            Dangling::Pod => cx.find(*at, "peer selects no pod that is known"),
        }
        .label("the rule lets nobody through");
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dangling {
    Namespace,
    Pod,
    NotSeen,
}

fn judge(policy: &Object, peer: NetworkPolicyPeer<'_>, facts: &Facts, cx: &Cx<'_>) -> Option<Dangling> {
    let set = |spot: Spot<'_>| spot.node().filter(|node| !node.is_null()).map(LabelSelector::of);
    let (pods, namespaces) = (set(peer.pod_selector()), set(peer.namespace_selector()));
    if pods.is_none() && namespaces.is_none() {
        return None;
    }
    // Selectors that the API server refuses are not this check's to report.
    let (pods, namespaces) = (pods.transpose().ok()?, namespaces.transpose().ok()?);
    let Some(wanted) = namespaces else {
        let own = Namespace::of(policy);
        let found = facts.pods.select(&own, &pods?).next().is_some();
        return (!found).then_some(Dangling::Pod);
    };
    let places: Vec<(&Namespace, Answer)> = facts
        .known
        .iter()
        .map(|namespace| (namespace, facts.namespaces.answer(&wanted, namespace)))
        .filter(|(_, answer)| answer.is_possible())
        .collect();
    if places.is_empty() {
        return Some(Dangling::Namespace);
    }
    let pods = pods?;
    if places.iter().any(|(namespace, _)| facts.pods.select(namespace, &pods).next().is_some()) {
        return None;
    }
    // The pods of a namespace that is named may well lie elsewhere (`kube-system` always does).
    let empty = |namespace: &Namespace| facts.pods.in_namespace(namespace).next().is_none();
    let unseen = !cx.complete() && places.iter().any(|(namespace, _)| empty(namespace));
    Some(if unseen { Dangling::NotSeen } else { Dangling::Pod })
}
