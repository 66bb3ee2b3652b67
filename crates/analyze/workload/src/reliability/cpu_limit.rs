//! `reliability/cpu-limit`

use super::words;
use crate::joins;
use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{counted, resources};
use ironclad_tree::f;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/cpu-limit",
    title: "container without a cpu limit",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::ANY_POD, Kind::LIMIT_RANGE],
    fix: FixKind::Value,
    page: include_str!("cpu_limit.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let ranges = joins::limit_ranges_of(pod, cx);
    for container in counted(pod, cx.strict_init()) {
        let resources = resources(pod, container, &ranges);
        if resources.limit("cpu").is_none() {
            let spot = container.resources().limits().spot().field(f::CPU);
            cx.find(spot, format!("container \"{}\" has no cpu limit", container.label()))
                .of(container)
                .label("it may take every processor of the node")
                .fix_ask("set the cpu limit", spot, words::limit_wanted(&resources, "cpu"));
        }
    }
}
