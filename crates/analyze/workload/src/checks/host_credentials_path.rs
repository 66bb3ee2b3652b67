//! `workload/host-credentials-path`

use crate::mounts::with_mounts;
use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_pod::{host_mounts, is_at_or_below};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/host-credentials-path",
    title: "pod reaches credentials of the node",
    severity: Severity::High,
    tags: &["mitre:T1552"],
    page: include_str!("host_credentials_path.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for mount in host_mounts(pod) {
        let reached = PLACES.iter().find(|place| is_at_or_below(&mount.clean, place)).copied().or_else(|| {
            let file = mount.clean.strip_prefix("/etc/kubernetes/")?;
            (!file.contains('/') && file.ends_with(".conf")).then_some("/etc/kubernetes/*.conf")
        });
        let Some(place) = reached else { continue };
        let volume = mount.volume.name().get().unwrap_or("(no name)");
        let finder = cx
            .find(mount.volume.host_path().path(), format!("volume \"{volume}\" holds credentials: `{}`", mount.clean))
            .label("whoever reads them acts as the node or its administrator")
            .evidence("place", place);
        with_mounts(finder, &mount.mounts);
    }
}

/// Credentials of root, and of services of the system, whose home is `/` where none is set.
const PLACES: &[&str] = &[
    "/.aws",
    "/.azure",
    "/.config/gcloud",
    "/.kube",
    "/etc/kubernetes/azure.json",
    "/etc/kubernetes/pki",
    "/root/.aws",
    "/root/.azure",
    "/root/.config/gcloud",
    "/root/.kube",
    "/var/lib/kubelet/pki",
];
