//! `workload/seccomp-unconfined`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::{Pod, SeccompProfile};

pub(super) static META: Meta = Meta {
    id: "workload/seccomp-unconfined",
    title: "container has no system call filter on purpose",
    severity: Severity::High,
    profile: Profile::Baseline,
    pss: &[Pss { check: "seccompProfile_baseline", level: Level::Baseline, since: 0, overridden: Some(19) }],
    tags: &["nsa", "cis:5.6.2"],
    fix: FixKind::Safe,
    page: include_str!("seccomp_unconfined.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if let Some((_, version)) = cx.pss() {
        // Before 1.19 the profile was an annotation.
        if version < FIELDS {
            return annotations(pod, cx);
        }
    }
    let bad = |profile: SeccompProfile<'_>| {
        let kind = profile.kind();
        let wrong = profile.exists() && !matches!(kind.get(), Some("RuntimeDefault" | "Localhost"));
        // Without `--pss` a missing or unknown type is the API server's to refuse.
        wrong && (kind.get() == Some("Unconfined") || cx.pss().is_some())
    };
    let outer = pod.spec.security_context().seccomp_profile();
    let own: Vec<_> = pod.containers.iter().filter(|c| bad(c.security_context().seccomp_profile())).collect();
    if bad(outer) {
        cx.find(outer.kind(), "pod runs without a system call filter").fix_set(
            "set `type: RuntimeDefault`",
            Safety::Safe,
            outer.kind(),
            "\"RuntimeDefault\"",
        );
    }
    for container in own {
        let kind = container.security_context().seccomp_profile().kind();
        cx.find(kind, format!("container \"{}\" runs without a system call filter", container.label()))
            .of(container)
            .label("every system call of the kernel is open to it")
            .fix_set("set `type: RuntimeDefault`", Safety::Safe, kind, "\"RuntimeDefault\"");
    }
}

/// Minor version from which the standard looks at fields.
const FIELDS: u8 = 19;

fn annotations(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let valid = |value: &str| matches!(value, "runtime/default" | "docker/default") || value.starts_with("localhost/");
    for entry in pod.metadata.annotations().iter() {
        let concerns = entry.key() == "seccomp.security.alpha.kubernetes.io/pod"
            || entry
                .key()
                .strip_prefix("container.seccomp.security.alpha.kubernetes.io/")
                .is_some_and(|name| pod.containers.iter().any(|c| c.name().get() == Some(name)));
        let value = entry.value().text().unwrap_or_default();
        if concerns && !valid(value) {
            cx.find(entry.value(), format!("annotation sets seccomp to `{value}`"));
        }
    }
}
