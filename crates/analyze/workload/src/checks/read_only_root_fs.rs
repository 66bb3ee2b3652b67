//! `workload/read-only-root-fs`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/read-only-root-fs",
    title: "container may write to its own file system",
    severity: Severity::Medium,
    tags: &["nsa"],
    peers: &[("checkov", "CKV_K8S_22"), ("kubeaudit", "ReadOnlyRootFilesystemFalse"), ("kubeaudit", "ReadOnlyRootFilesystemNil"), ("kubeaudit", "rootfs"), ("kube-linter", "no-read-only-root-fs"), ("kube-score", "container-security-context-readonlyrootfilesystem"), ("kubescape", "C-0017"), ("kubescape", "immutable-container-filesystem"), ("polaris", "notReadOnlyRootFilesystem"), ("trivy", "KSV-0014")],
    fix: FixKind::Unsafe,
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
            cx.find(field, format!("container \"{}\" may write to its root file system", container.label()))
                .of(container)
                .label("an intruder can leave tools and change the program")
                .fix_set("set `readOnlyRootFilesystem: true`", Safety::Unsafe, field, "true");
        }
    }
}
