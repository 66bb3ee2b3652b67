//! `workload/seccomp-missing`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::{Pod, SeccompProfile};

pub(super) static META: Meta = Meta {
    id: "workload/seccomp-missing",
    title: "container has no system call filter",
    severity: Severity::Medium,
    profile: Profile::Restricted,
    pss: &[Pss { check: "seccompProfile_restricted", level: Level::Restricted, since: 19, overridden: None }],
    tags: &["cis:5.6.2", "nsa"],
    fix: FixKind::Safe,
    page: include_str!("seccomp_missing.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if cx.skips_windows(pod) {
        return;
    }
    let good = |profile: SeccompProfile<'_>| matches!(profile.kind().get(), Some("RuntimeDefault" | "Localhost"));
    let outer = pod.spec.security_context().seccomp_profile();
    let outer_good = outer.exists() && good(outer);
    if outer.exists() && !outer_good {
        cx.find(outer.kind(), "pod names no seccomp profile that filters").fix_set(
            "set `type: RuntimeDefault`",
            Safety::Safe,
            outer.kind(),
            "\"RuntimeDefault\"",
        );
    }
    for container in &pod.containers {
        let own = container.security_context().seccomp_profile();
        if own.exists() && !good(own) {
            cx.find(own.kind(), format!("container \"{}\" names no seccomp profile that filters", container.label()))
                .of(container)
                .fix_set("set `type: RuntimeDefault`", Safety::Safe, own.kind(), "\"RuntimeDefault\"");
        } else if !own.exists() && !outer.exists() {
            cx.find(own.spot(), format!("container \"{}\" has no seccomp profile", container.label()))
                .of(container)
                .label("every system call of the kernel is open to it")
                .fix_set(
                    "set `seccompProfile: {type: RuntimeDefault}` for the pod",
                    Safety::Safe,
                    outer.spot(),
                    "{\"type\":\"RuntimeDefault\"}",
                );
        }
    }
}
