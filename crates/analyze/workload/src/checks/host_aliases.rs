//! `workload/host-aliases`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/host-aliases",
    title: "pod writes its own hosts file",
    severity: Severity::Low,
    profile: Profile::OptIn,
    page: include_str!("host_aliases.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let aliases = pod.spec.host_aliases();
    if aliases.node().is_some_and(|node| !node.is_empty()) {
        cx.find(aliases, "pod overrides names by `hostAliases`").label("past DNS, and past whoever watches it");
    }
}
