//! `workload/seccomp-annotation`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/seccomp-annotation",
    title: "seccomp annotation that nothing reads",
    severity: Severity::Medium,
    peers: &[("kubeaudit", "SeccompDeprecatedAnnotations")],
    fix: FixKind::Unsafe,
    page: include_str!("seccomp_annotation.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for entry in pod.metadata.annotations().iter() {
        let key = entry.key();
        let ours = key == "seccomp.security.alpha.kubernetes.io/pod"
            || key.starts_with("container.seccomp.security.alpha.kubernetes.io/");
        if ours && cx.version() >= IGNORED {
            cx.find(entry.value(), format!("annotation `{key}` is ignored since 1.{IGNORED}"))
                .label("the profile is not applied")
                .fix_remove("remove it and set `seccompProfile`", Safety::Unsafe, entry.value());
        }
    }
}

/// Minor version from which the annotations have no effect.
const IGNORED: u8 = 27;
