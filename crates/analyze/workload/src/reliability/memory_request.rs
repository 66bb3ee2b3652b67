//! `reliability/memory-request`

use super::words;
use crate::joins;
use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{counted, resources};
use ironclad_tree::f;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/memory-request",
    title: "container without a memory request",
    severity: Severity::Medium,
    reads: &[Kind::ANY_POD, Kind::LIMIT_RANGE],
    fix: FixKind::Value,
    page: include_str!("memory_request.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let ranges = joins::limit_ranges_of(pod, cx);
    for container in counted(pod, cx.strict_init()) {
        let resources = resources(pod, container, &ranges);
        if resources.request("memory").is_none() {
            let spot = container.resources().requests().spot().field(f::MEMORY);
            cx.find(spot, format!("container \"{}\" has no memory request", container.label()))
                .of(container)
                .label("the scheduler takes it for nothing")
                .fix_ask("set the memory request", spot, words::request_wanted(&resources, "memory"));
        }
    }
}
