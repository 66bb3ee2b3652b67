//! `workload/run-as-conflict`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_pod::effective;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/run-as-conflict",
    title: "container can never start",
    severity: Severity::High,
    page: include_str!("run_as_conflict.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        let settings = effective(pod, container);
        if settings.run_as_non_root.value == Some(true) && settings.run_as_user.value == Some(0) {
            cx.find(
                settings.run_as_user.spot,
                format!("container \"{}\" must not be root and is told to be root", container.label()),
            )
            .of(container)
            .label("the kubelet refuses to start it")
            .related(settings.run_as_non_root.spot, "demands a user other than 0");
        }
    }
}
