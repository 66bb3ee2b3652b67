//! `workload/sub-path`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/sub-path",
    title: "mount of a part of a volume",
    severity: Severity::Info,
    profile: Profile::OptIn,
    page: include_str!("sub_path.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        for mount in container.volume_mounts().iter() {
            for field in [mount.sub_path(), mount.sub_path_expr()] {
                if let Some(path) = field.get().filter(|path| !path.is_empty()) {
                    cx.find(field, format!("container \"{}\" mounts the part `{path}` of a volume", container.label()))
                        .of(container);
                }
            }
        }
    }
}
