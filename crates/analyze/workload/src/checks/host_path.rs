//! `workload/host-path`

use crate::mounts::with_mounts;
use ironclad_check::{Cx, Level, Meta, Profile, Pss};
use ironclad_model::Severity;
use ironclad_pod::mounts_of;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/host-path",
    title: "pod mounts a directory of the node",
    severity: Severity::Medium,
    profile: Profile::Baseline,
    pss: &[Pss { check: "hostPathVolumes", level: Level::Baseline, since: 0, overridden: Some(0) }],
    tags: &["cis:5.2.12", "nsa", "mitre:T1611"],
    page: include_str!("host_path.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for volume in pod.spec.volumes().iter() {
        let host_path = volume.host_path();
        if host_path.spot().node().is_none_or(|node| node.is_null()) {
            continue;
        }
        let name = volume.name().get().unwrap_or("(no name)");
        let path = host_path.path().get().unwrap_or("(no path)");
        let finder = cx
            .find(host_path.spot(), format!("volume \"{name}\" is `{path}` of the node"))
            .label("files of the node, shared with everything on it")
            .evidence("path", path);
        with_mounts(finder, &mounts_of(pod, volume.name().get()));
    }
}
