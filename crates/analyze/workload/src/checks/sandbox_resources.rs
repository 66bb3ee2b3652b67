//! `workload/sandbox-resources`

use crate::joins;
use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::Quantity;
use ironclad_model::{Kind, Severity};
use ironclad_pod::resources;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/sandbox-resources",
    title: "sandbox without bounds",
    severity: Severity::High,
    profile: Profile::OptIn,
    reads: &[Kind::SANDBOX, Kind::SANDBOX_TEMPLATE, Kind::LIMIT_RANGE],
    params: &[Param { name: "max", default: ParamDefault::Map(&[]), doc: "Largest limit by resource." }],
    page: include_str!("sandbox_resources.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !matches!(pod.object.kind(), Kind::SANDBOX | Kind::SANDBOX_TEMPLATE) {
        return;
    }

    let ceiling = cx.map("max");
    let ranges = joins::limit_ranges_of(pod, cx);
    for container in &pod.containers {
        // What bounds the pod as a whole, or what the namespace gives to each container, bounds this one.
        let in_effect = resources(pod, container, &ranges);
        for name in ["cpu", "memory"] {
            let limits = container.resources().limits();
            let limit = in_effect.limit(name);
            let spot = limits.get(name).map_or(limits.spot(), |entry| entry.value().into());
            let Some(limit) = limit else {
                cx.find(spot, format!("container \"{}\" of a sandbox has no {name} limit", container.label()))
                    .of(container);
                continue;
            };
            let bound =
                ceiling.and_then(|max| max.get(name)).and_then(|text| Some((text, text.parse::<Quantity>().ok()?)));
            if let Some((text, _)) = bound.filter(|(_, bound)| limit > *bound) {
                cx.find(
                    spot,
                    format!("container \"{}\" of a sandbox has a {name} limit above {text}", container.label()),
                )
                .of(container);
            }
        }
    }
}
