//! `workload/volume-git-repo`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/volume-git-repo",
    title: "volume runs git as root on the node",
    severity: Severity::High,
    page: include_str!("volume_git_repo.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for volume in pod.spec.volumes().iter() {
        let source = volume.git_repo();
        if source.exists() {
            let name = volume.name().get().unwrap_or("(no name)");
            cx.find(source.spot(), format!("volume \"{name}\" is a `gitRepo`"))
                .label("the kubelet runs git as root on what the repository holds");
        }
    }
}
