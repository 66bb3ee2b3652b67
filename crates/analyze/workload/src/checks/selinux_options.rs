//! `workload/selinux-options`

use ironclad_check::{Cx, Level, Meta, Profile, Pss};
use ironclad_model::Severity;
use ironclad_views::{Pod, PodContainer, SeLinuxOptions};

pub(super) static META: Meta = Meta {
    id: "workload/selinux-options",
    title: "SELinux options outside of the container types",
    severity: Severity::Medium,
    profile: Profile::Baseline,
    pss: &[Pss { check: "seLinuxOptions", level: Level::Baseline, since: 0, overridden: None }],
    page: include_str!("selinux_options.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let outer = pod.spec.security_context().se_linux_options();
    judge(outer, "pod".to_owned(), None, cx);
    for container in &pod.containers {
        let options = container.security_context().se_linux_options();
        judge(options, format!("container \"{}\"", container.label()), Some(container), cx);
    }
}

/// Minor version from which `container_engine_t` passes.
const ENGINE: u8 = 31;

fn judge(options: SeLinuxOptions<'_>, whose: String, container: Option<&PodContainer<'_>>, cx: &mut Cx<'_>) {
    let version = cx.version();
    let fine = |kind: &str| match kind {
        "" | "container_t" | "container_init_t" | "container_kvm_t" => true,
        "container_engine_t" => version >= ENGINE,
        _ => false,
    };
    let bad = [
        ("type", options.kind(), options.kind().get().is_some_and(|kind| !fine(kind))),
        ("user", options.user(), options.user().get().is_some_and(|user| !user.is_empty())),
        ("role", options.role(), options.role().get().is_some_and(|role| !role.is_empty())),
    ];
    for (what, field, _) in bad.into_iter().filter(|(_, _, bad)| *bad) {
        let value = field.get().unwrap_or_default();
        let finder = cx.find(field, format!("{whose} sets the SELinux {what} `{value}`"));
        if let Some(container) = container {
            finder.of(container);
        }
    }
}
