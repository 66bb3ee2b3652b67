//! `workload/read-only-root-fs`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Edit, Place, Safety, Severity};
use ironclad_pod::is_whole_spec;
use ironclad_views::{Pod, PodContainer};

pub(super) static META: Meta = Meta {
    id: "workload/read-only-root-fs",
    title: "container may write to its own file system",
    severity: Severity::Medium,
    tags: &["nsa"],
    fix: FixKind::Safe,
    page: include_str!("read_only_root_fs.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if cx.skips_windows(pod) {
        return;
    }
    for container in &pod.containers {
        let field = container.security_context().read_only_root_filesystem();
        if field.get() != Some(true) {
            let mut finder = cx
                .find(field, format!("container \"{}\" may write to its root file system", container.label()))
                .of(container)
                .label("an intruder can leave tools and change the program");
            if let Some(edits) = with_scratch_space(pod, container) {
                finder = finder.fix(
                    "set `readOnlyRootFilesystem: true`, and mount an `emptyDir` at `/tmp`",
                    Safety::Unsafe,
                    edits,
                );
            }
            finder.fix_set("set `readOnlyRootFilesystem: true`", Safety::Safe, field, "true");
        }
    }
}

/// Many programs write to `/tmp`: a volume there for a container that has none.
fn with_scratch_space(pod: &Pod<'_>, container: &PodContainer<'_>) -> Option<Vec<Edit>> {
    let mounted = container
        .volume_mounts()
        .iter()
        .any(|mount| mount.mount_path().get().is_some_and(|at| at.trim_end_matches('/') == "/tmp"));
    if mounted || !is_whole_spec(pod) {
        return None;
    }
    // Containers that share the pod do not share what they write.
    let name = if pod.containers.len() == 1 { "tmp".to_owned() } else { format!("tmp-{}", container.name().get()?) };
    let taken = pod.spec.volumes().iter().any(|volume| volume.name().get() == Some(name.as_str()));
    let is_label = name.len() <= 63 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if taken || !is_label {
        return None;
    }
    Some(vec![
        Edit::Set(Place::of(container.security_context().read_only_root_filesystem().spot()), "true".to_owned()),
        Edit::Append(
            Place::of(container.volume_mounts().spot()),
            format!("{{\"name\":\"{name}\",\"mountPath\":\"/tmp\"}}"),
        ),
        Edit::Append(Place::of(pod.spec.volumes().spot()), format!("{{\"name\":\"{name}\",\"emptyDir\":{{}}}}")),
    ])
}
