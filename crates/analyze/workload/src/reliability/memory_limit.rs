//! `reliability/memory-limit`

use super::words;
use crate::joins;
use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{counted, resources};
use ironclad_tree::f;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/memory-limit",
    title: "container without a memory limit",
    severity: Severity::Medium,
    reads: &[Kind::ANY_POD, Kind::LIMIT_RANGE],
    fix: FixKind::Value,
    page: include_str!("memory_limit.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let ranges = joins::limit_ranges_of(pod, cx);
    for container in counted(pod, cx.strict_init()) {
        let resources = resources(pod, container, &ranges);
        if resources.limit("memory").is_none() {
            let spot = container.resources().limits().spot().field(f::MEMORY);
            cx.find(spot, format!("container \"{}\" has no memory limit", container.label()))
                .of(container)
                .label("a leak takes the node's memory")
                .fix_ask("set the memory limit", spot, words::limit_wanted(&resources, "memory"));
        }
    }
}
