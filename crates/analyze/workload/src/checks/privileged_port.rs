//! `workload/privileged-port`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/privileged-port",
    title: "container declares a port below 1024",
    severity: Severity::Low,
    profile: Profile::OptIn,
    page: include_str!("privileged_port.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        for port in container.ports().iter() {
            let field = port.container_port();
            if let Some(number) = field.get().filter(|number| (1..1024).contains(number)) {
                cx.find(field, format!("container \"{}\" listens on port {number}, below 1024", container.label()))
                    .of(container)
                    .label("needs root, a capability or a kernel setting");
            }
        }
    }
}
