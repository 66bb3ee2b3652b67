//! `wiring/dangling-service`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, LabelSelector, Object, Severity};
use ironclad_reach::{LabelledPods, Namespace, labelled_pods};
use ironclad_views::{Service, View};
use std::sync::Arc;

pub(super) static META: Meta = Meta {
    id: "wiring/dangling-service",
    title: "Service that selects no pod",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[Kind::SERVICE, Kind::ANY_POD],
    page: include_str!("dangling_service.md"),
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
    if pods.select(&Namespace::of(service), &selector).next().is_some() {
        return;
    }
    // A pod of another namespace with these labels is what was meant more often than not.
    let elsewhere = pods.namespaces().find_map(|namespace| pods.select(namespace, &selector).next());
    let elsewhere = elsewhere.and_then(|pod| cx.object_of(pod.object));
    cx.context(&[Kind::ANY_POD]);
    let finder = cx.find(spec.selector().spot(), "no pod of the namespace has the labels that the Service selects");
    let finder = finder.label("connections to it are refused");
    if let Some(object) = elsewhere {
        finder.related_in(object, object.root(), "these pods have them, in another namespace");
    }
}
