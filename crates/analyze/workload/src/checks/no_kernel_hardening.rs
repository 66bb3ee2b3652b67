//! `workload/no-kernel-hardening`

use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Edit, Place, Safety, Severity};
use ironclad_pod::{app_armor_annotation, effective};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/no-kernel-hardening",
    title: "nothing in the kernel confines the container",
    severity: Severity::Medium,
    profile: Profile::OptIn,
    fix: FixKind::Safe,
    page: include_str!("no_kernel_hardening.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if cx.skips_windows(pod) {
        return;
    }
    for container in &pod.containers {
        let settings = effective(pod, container);
        let seccomp = settings.seccomp.value.is_some_and(|p| p.kind().get().is_some_and(|kind| kind != "Unconfined"));
        let app_armor =
            settings.app_armor.value.is_some_and(|p| p.kind().get().is_some_and(|kind| kind != "Unconfined"))
                || app_armor_annotation(pod, container.label()).is_some_and(|(_, value)| value != "unconfined");
        let se_linux = settings.se_linux.value.is_some_and(|options| !options.is_empty());
        // What is dropped and given back with everything else was not dropped.
        let capabilities = container.security_context().capabilities();
        let all_added = capabilities.add().iter().any(|(_, name)| name.eq_ignore_ascii_case("all"));
        let drops = !capabilities.drop().is_empty() && !all_added;
        if !(seccomp || app_armor || se_linux || drops) {
            let profile = match settings.seccomp.value {
                Some(profile) => Edit::Set(Place::of(profile.kind().spot()), "\"RuntimeDefault\"".to_owned()),
                None => {
                    let field = pod.spec.security_context().seccomp_profile();
                    Edit::Set(Place::of(field.spot()), "{\"type\":\"RuntimeDefault\"}".to_owned())
                }
            };
            cx.find(
                container.view.spot(),
                format!(
                    "nothing confines container \"{}\": no seccomp, AppArmor, SELinux or dropped capability",
                    container.label()
                ),
            )
            .of(container)
            .fix("set the seccomp profile `RuntimeDefault`", Safety::Safe, vec![profile]);
        }
    }
}
