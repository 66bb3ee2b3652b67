//! `workload/git-sync-exec`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_pod::ImageReference;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/git-sync-exec",
    title: "git-sync runs what its input says",
    severity: Severity::High,
    page: include_str!("git_sync_exec.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        let is_git_sync = container
            .image()
            .get()
            .and_then(|image| ImageReference::parse(image).ok())
            .is_some_and(|reference| reference.basename() == "git-sync");
        if !is_git_sync {
            continue;
        }
        for variable in container.env().iter() {
            let name = variable.name().get().unwrap_or_default();
            let from_input = variable.value_from().node().is_some_and(|node| !node.is_null());
            let risky = matches!(name, "GITSYNC_GIT" | "GIT_SYNC_GIT")
                || (matches!(name, "GITSYNC_GIT_CONFIG" | "GITSYNC_EXECHOOK_COMMAND") && from_input);
            if risky {
                cx.find(
                    variable.name(),
                    format!("container \"{}\" lets `{name}` choose what git-sync runs", container.label()),
                )
                .of(container)
                .label("whoever sets it runs commands with the pod's identity");
            }
        }
    }
}
