//! `reliability/probe-on-init`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_views::{Pod, Role};

pub(super) static META: Meta = Meta {
    id: "reliability/probe-on-init",
    title: "probe or hook on an init container",
    severity: Severity::High,
    page: include_str!("probe_on_init.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in pod.containers.iter().filter(|container| container.role == Role::Init) {
        let fields = [
            ("a liveness probe", container.liveness_probe().spot()),
            ("a readiness probe", container.readiness_probe().spot()),
            ("a startup probe", container.startup_probe().spot()),
            ("lifecycle hooks", container.lifecycle().spot()),
        ];
        for (what, spot) in fields {
            if spot.node().is_some_and(|node| !node.is_null()) {
                cx.find(spot, format!("init container \"{}\" has {what}", container.label()))
                    .of(container)
                    .label("the API server refuses it without `restartPolicy: Always`");
            }
        }
    }
}
