//! `workload/apparmor-unset`

use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Safety, Severity};
use ironclad_pod::{app_armor_annotation, effective};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/apparmor-unset",
    title: "container names no AppArmor profile",
    severity: Severity::Low,
    profile: Profile::OptIn,
    fix: FixKind::Safe,
    page: include_str!("apparmor_unset.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if cx.skips_windows(pod) {
        return;
    }
    for container in &pod.containers {
        let profile = effective(pod, container).app_armor;
        let annotated = app_armor_annotation(pod, container.label()).is_some();
        if profile.value.is_none() && !annotated {
            cx.find(profile.spot, format!("container \"{}\" names no AppArmor profile", container.label()))
                .of(container)
                .fix_set(
                    "set `appArmorProfile: {type: RuntimeDefault}`",
                    Safety::Safe,
                    profile.spot,
                    "{\"type\":\"RuntimeDefault\"}",
                );
        }
    }
}
