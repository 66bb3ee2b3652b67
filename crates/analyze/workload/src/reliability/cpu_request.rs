//! `reliability/cpu-request`

use super::words;
use crate::joins;
use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{counted, resources};
use ironclad_tree::f;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/cpu-request",
    title: "container without a cpu request",
    severity: Severity::Low,
    reads: &[Kind::ANY_POD, Kind::LIMIT_RANGE],
    fix: FixKind::Value,
    page: include_str!("cpu_request.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let ranges = joins::limit_ranges_of(pod, cx);
    for container in counted(pod, cx.strict_init()) {
        let resources = resources(pod, container, &ranges);
        if resources.request("cpu").is_none() {
            let spot = container.resources().requests().spot().field(f::CPU);
            cx.find(spot, format!("container \"{}\" has no cpu request", container.label()))
                .of(container)
                .label("the scheduler takes it for nothing")
                .fix_ask("set the cpu request", spot, words::request_wanted(&resources, "cpu"));
        }
    }
}
