//! `reliability/ephemeral-storage`

use crate::joins;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{counted, resources};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/ephemeral-storage",
    title: "container without bounds on scratch space",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::ANY_POD, Kind::LIMIT_RANGE],
    page: include_str!("ephemeral_storage.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let ranges = joins::limit_ranges_of(pod, cx);
    for container in counted(pod, cx.strict_init()) {
        let resources = resources(pod, container, &ranges);
        let name = "ephemeral-storage";
        let missing = match (resources.request(name).is_some(), resources.limit(name).is_some()) {
            (true, true) => continue,
            (true, false) => "limit",
            (false, true) => continue,
            (false, false) => "request or limit",
        };
        let message = format!("container \"{}\" has no ephemeral-storage {missing}", container.label());
        cx.find(container.resources().spot(), message).of(container).label("logs and scratch files may fill the node");
    }
}
