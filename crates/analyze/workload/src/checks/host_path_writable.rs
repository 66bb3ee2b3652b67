//! `workload/host-path-writable`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Safety, Severity};
use ironclad_pod::{host_mounts, is_at_or_below};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/host-path-writable",
    title: "directory of the node is writable",
    severity: Severity::High,
    tags: &["nsa", "mitre:T1611"],
    fix: FixKind::Safe,
    page: include_str!("host_path_writable.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for mount in host_mounts(pod) {
        let volume = mount.volume.name().get().unwrap_or("(no name)");
        for (container, at) in &mount.mounts {
            let field = at.read_only();
            let name = container.label();
            if field.get() != Some(true) {
                cx.find(field, format!("container \"{name}\" can write to `{}` of the node", mount.clean))
                    .of(container)
                    .label("what it writes, the node runs or reads")
                    .fix_set("set `readOnly: true`", Safety::Safe, field, "true");
            } else if cx.version() >= RECURSIVE && has_submounts(&mount.clean) {
                let recursive = at.recursive_read_only();
                if !matches!(recursive.get(), Some("Enabled" | "IfPossible")) {
                    let message = format!(
                        "container \"{name}\" can write to file systems mounted below `{}` of the node",
                        mount.clean
                    );
                    let finder = cx
                        .find(recursive, message)
                        .of(container)
                        .severity(Severity::Medium)
                        .label("`readOnly` stops at the next mount point");
                    // The API server takes the two together only where nothing propagates.
                    if at.mount_propagation().get().is_none_or(|propagation| propagation == "None") {
                        finder.fix_set(
                            "set `recursiveReadOnly: IfPossible`",
                            Safety::Safe,
                            recursive,
                            "\"IfPossible\"",
                        );
                    }
                }
            }
        }
        for container in &pod.containers {
            for device in container.volume_devices().iter().filter(|device| device.name().get() == Some(volume)) {
                let message =
                    format!("container \"{}\" has `{}` of the node as a device", container.label(), mount.clean);
                cx.find(device.device_path(), message).of(container);
            }
        }
    }
}

/// Minor version from which `recursiveReadOnly` is on by default.
const RECURSIVE: u8 = 31;

/// Directories below which nodes mount other file systems.
fn has_submounts(path: &str) -> bool {
    matches!(path, "/" | "/dev" | "/mnt" | "/media" | "/proc" | "/run" | "/sys" | "/sys/fs" | "/var" | "/var/lib")
        || is_at_or_below(path, "/var/lib/kubelet")
        || is_at_or_below(path, "/run")
        || is_at_or_below(path, "/var/run")
}
