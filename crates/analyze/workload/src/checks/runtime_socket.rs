//! `workload/runtime-socket`

use crate::mounts::with_mounts;
use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_pod::{host_mounts, is_at_or_below};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/runtime-socket",
    title: "pod reaches the container runtime",
    severity: Severity::Critical,
    tags: &["nsa", "mitre:T1611", "mitre:T1610"],
    page: include_str!("runtime_socket.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for mount in host_mounts(pod) {
        let reached = SOCKETS.iter().find(|socket| {
            // The directory of a socket, or any above it, holds the socket.
            is_at_or_below(socket, &mount.clean)
        });
        let Some(socket) = reached else { continue };
        // A whole file system is `workload/host-path-sensitive`; here it is about who asks for the socket.
        if matches!(mount.clean.as_str(), "/" | "/var") {
            continue;
        }
        let volume = mount.volume.name().get().unwrap_or("(no name)");
        let finder = cx
            .find(mount.volume.host_path().path(), format!("volume \"{volume}\" reaches the runtime socket `{socket}`"))
            .label("whoever talks to it starts privileged containers on the node")
            .evidence("socket", *socket);
        if mount.mounts.is_empty() {
            finder.severity(Severity::Info).label("no container mounts it");
        } else {
            with_mounts(finder, &mount.mounts);
        }
    }
}

const SOCKETS: &[&str] = &[
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/var/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/var/run/crio/crio.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/cri-dockerd.sock",
    "/run/podman/podman.sock",
];
