//! `workload/proc-mount`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/proc-mount",
    title: "container sees an unmasked /proc",
    severity: Severity::High,
    profile: Profile::Baseline,
    pss: &[
        Pss { check: "procMount", level: Level::Baseline, since: 0, overridden: Some(35) },
        Pss { check: "procMount_restricted", level: Level::Restricted, since: 35, overridden: None },
    ],
    fix: FixKind::Safe,
    page: include_str!("proc_mount.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let version = cx.version();
    // From 1.35 the baseline accepts it in a user namespace; restricted, a check of its own, never does.
    let restricted = cx.pss().is_none_or(|(level, _)| level == Level::Restricted);
    if version >= USER_NAMESPACES && pod.has_user_namespace() && !(restricted && cx.exact_pss()) {
        return;
    }
    for container in &pod.containers {
        let field = container.security_context().proc_mount();
        if let Some(value) = field.get().filter(|value| !matches!(*value, "Default")) {
            cx.find(field, format!("container \"{}\" sets `procMount: {value}`", container.label()))
                .of(container)
                .label("kernel settings and other secrets of /proc are open to it")
                .fix_remove("remove `procMount`", Safety::Safe, field);
        }
    }
}

/// Minor version from which a user namespace makes it acceptable.
const USER_NAMESPACES: u8 = 35;
