//! `workload/host-path-sensitive`

use ironclad_check::{Cx, Meta, Param, ParamDefault};
use ironclad_model::Severity;
use ironclad_pod::{host_mounts, is_at_or_below};
use ironclad_views::Pod;
use std::cmp::Ordering;

pub(super) static META: Meta = Meta {
    id: "workload/host-path-sensitive",
    title: "pod reaches a sensitive directory of the node",
    severity: Severity::High,
    tags: &["nsa", "mitre:T1611"],
    params: &[Param {
        name: "paths",
        default: ParamDefault::Texts(&[
            "/",
            "/boot",
            "/dev",
            "/etc",
            "/home",
            "/lib",
            "/lib64",
            "/proc",
            "/root",
            "/run",
            "/sys",
            "/usr",
            "/var/lib/kubelet",
            "/var/lib/docker",
            "/var/lib/containerd",
            "/var/lib/etcd",
            "/var/log",
            "/var/run",
        ]),
        doc: "Directories that count as sensitive, with everything below them; `/` means only the root itself.",
    }],
    page: include_str!("host_path_sensitive.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for mount in host_mounts(pod) {
        // `/` as a prefix would be everything: there it means the root itself.
        let covers = |root: &&String| match root.as_str() {
            "/" => mount.clean == "/",
            root => is_at_or_below(&mount.clean, root.trim_end_matches('/')),
        };
        // A directory that holds a sensitive one shows it as well.
        let holds = |root: &&String| is_at_or_below(root, &mount.clean);
        let paths = cx.texts("paths");
        let Some(root) = paths.iter().find(covers).or_else(|| paths.iter().find(holds)) else { continue };
        let volume = mount.volume.name().get().unwrap_or("(no name)");
        let place = match mount.clean.len().cmp(&root.len()) {
            Ordering::Less => format!(", which holds `{root}`"),
            Ordering::Equal => String::new(),
            Ordering::Greater => format!(", below `{root}`"),
        };
        let message = format!("volume \"{volume}\" is `{}` of the node{place}", mount.clean);
        let finder = cx.find(mount.volume.host_path().path(), message).evidence("path", mount.clean.clone());
        if mount.mounts.is_empty() {
            finder.severity(Severity::Info).label("no container mounts it");
        } else {
            let mut names: Vec<&str> = mount.mounts.iter().map(|(container, _)| container.label()).collect();
            names.dedup();
            finder.label(format!("mounted by {}", names.join(", ")));
        }
    }
}
