//! Directories of the node that a pod has, and who mounts them.

use crate::mounts_of;
use ironclad_views::{Pod, PodContainer, Volume, VolumeMount};

/// A hostPath volume and its mounts.
pub struct HostMount<'p, 'a> {
    /// The volume.
    pub volume: Volume<'a>,
    /// `hostPath.path` as written.
    pub path: &'a str,
    /// The same, lexically cleaned.
    pub clean: String,
    /// Containers that mount it.
    pub mounts: Vec<(&'p PodContainer<'a>, VolumeMount<'a>)>,
}

/// The hostPath volumes of a pod, in source order.
pub fn host_mounts<'p, 'a>(pod: &'p Pod<'a>) -> Vec<HostMount<'p, 'a>> {
    let host_paths = pod.spec.volumes().iter().filter_map(|volume| {
        let path = volume.host_path().path().get()?;
        Some((volume, path))
    });
    host_paths
        .map(|(volume, path)| {
            let mounts = mounts_of(pod, volume.name().get());
            HostMount { volume, path, clean: clean_path(path), mounts }
        })
        .collect()
}

/// Lexical clean as Go's `path.Clean` does for absolute paths: no `.`, `..`, double or trailing slash.
pub fn clean_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Is the clean path `path` equal to `root` or below it?
pub fn is_at_or_below(path: &str, root: &str) -> bool {
    path == root || root == "/" || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean() {
        for (raw, clean) in [
            ("/", "/"),
            ("//var/./run/", "/var/run"),
            ("/var/lib/../run", "/var/run"),
            ("/..", "/"),
            ("/a//b/..", "/a"),
        ] {
            assert_eq!(clean_path(raw), clean);
        }
        assert!(is_at_or_below("/var/run/docker.sock", "/var/run"));
        assert!(!is_at_or_below("/var/running", "/var/run"));
        assert!(is_at_or_below("/anything", "/"));
    }
}
