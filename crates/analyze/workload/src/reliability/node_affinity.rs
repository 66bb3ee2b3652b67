//! `reliability/node-affinity`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_pod::is_whole_spec;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/node-affinity",
    title: "pods that may run on any node",
    severity: Severity::Info,
    profile: Profile::OptIn,
    page: include_str!("node_affinity.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let affinity = pod.spec.affinity().node_affinity();
    let chosen =
        affinity.node().is_some_and(|node| !node.is_empty()) || pod.spec.node_selector().iter().next().is_some();
    if is_whole_spec(pod) && !chosen {
        cx.find(affinity, "neither node affinity nor a node selector").label("any node will do");
    }
}
