//! `workload/mount-propagation`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/mount-propagation",
    title: "container mounts into the node",
    severity: Severity::High,
    page: include_str!("mount_propagation.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        for mount in container.volume_mounts().iter() {
            let field = mount.mount_propagation();
            if field.get() == Some("Bidirectional") {
                cx.find(field, format!("container \"{}\" mounts into the node", container.label()))
                    .of(container)
                    .label("what it mounts there appears on the node and in other pods");
            }
        }
    }
}
