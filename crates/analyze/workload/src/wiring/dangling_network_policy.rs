//! `wiring/dangling-network-policy`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, LabelSelector, Object, Severity};
use ironclad_reach::{LabelledPods, Namespace, labelled_pods};
use ironclad_views::{NetworkPolicy, View};
use std::sync::Arc;

pub(super) static META: Meta = Meta {
    id: "wiring/dangling-network-policy",
    title: "NetworkPolicy that selects no pod",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: &[Kind::NETWORK_POLICY, Kind::ANY_POD],
    page: include_str!("dangling_network_policy.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(policy: &Object, cx: &mut Cx<'_>) {
    let spec = NetworkPolicy::at(policy.root().into()).spec();
    let field = spec.pod_selector();
    // A selector that the API server refuses is not this check's to report.
    let Ok(selector) = field.node().map_or(Ok(LabelSelector::default()), LabelSelector::of) else { return };
    let pods: &Arc<LabelledPods> = cx.once(|cx| labelled_pods(cx));
    if !spec.exists() || pods.select(&Namespace::of(policy), &selector).next().is_some() {
        return;
    }
    cx.context(&[Kind::ANY_POD]);
    let what = if selector.is_empty() {
        "the namespace of the policy has no pod"
    } else {
        "policy selects no pod of its namespace"
    };
    cx.find(field, what).label("it protects nothing");
}
