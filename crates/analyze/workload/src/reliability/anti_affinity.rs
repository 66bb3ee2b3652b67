//! `reliability/anti-affinity`

use ironclad_check::{Cx, Meta};
use ironclad_model::{LabelSelector, Severity};
use ironclad_pod::{is_replicated, replicas};
use ironclad_views::{Pod, PodAffinityTerm};

pub(super) static META: Meta = Meta {
    id: "reliability/anti-affinity",
    title: "pods that may all share one node",
    severity: Severity::Low,
    page: include_str!("anti_affinity.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let workload = pod.object;
    if !is_replicated(workload.kind()) || replicas(workload).get().is_some_and(|count| count < 2) {
        return;
    }
    if !pod.spec.topology_spread_constraints().is_empty() {
        return;
    }
    let apart = pod.spec.affinity().pod_anti_affinity();
    let preferred = apart.preferred().iter().map(|weighted| weighted.term());
    let terms: Vec<PodAffinityTerm<'_>> = apart.required().iter().chain(preferred).collect();
    if terms.iter().any(|term| keeps_apart(*term, pod)) {
        return;
    }
    let name = workload.kind_name();
    let message = match terms.is_empty() {
        true => format!("nothing keeps the pods of this {name} apart"),
        false => format!("the anti-affinity of this {name} does not keep its own pods apart"),
    };
    let at = if terms.is_empty() { pod.spec.topology_spread_constraints().spot() } else { apart.spot() };
    cx.find(at, message).label("the scheduler may put them all on one node");
}

const PLACES: [&str; 5] = [
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
];

/// Does the term select the pod's own kind, in its own namespace, by node, zone or region?
fn keeps_apart(term: PodAffinityTerm<'_>, pod: &Pod<'_>) -> bool {
    let selector =
        term.label_selector().node().filter(|node| !node.is_null()).and_then(|node| LabelSelector::of(node).ok());
    let elsewhere = !term.namespaces().is_empty()
        && term.namespace_selector().node().is_none_or(|node| node.is_null())
        && pod.object.namespace().is_some_and(|own| !term.namespaces().contains(own));
    term.topology_key().get().is_some_and(|key| PLACES.contains(&key))
        && !elsewhere
        && selector.is_some_and(|selector| selector.matches(pod.metadata.labels().node()))
}
