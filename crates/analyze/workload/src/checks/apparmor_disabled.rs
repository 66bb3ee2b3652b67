//! `workload/apparmor-disabled`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_pod::APP_ARMOR_ANNOTATION;
use ironclad_views::{AppArmorProfile, Pod};

pub(super) static META: Meta = Meta {
    id: "workload/apparmor-disabled",
    title: "container runs without AppArmor on purpose",
    severity: Severity::High,
    profile: Profile::Baseline,
    pss: &[Pss { check: "appArmorProfile", level: Level::Baseline, since: 0, overridden: None }],
    tags: &["nsa"],
    fix: FixKind::Safe,
    page: include_str!("apparmor_disabled.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let bad = |profile: AppArmorProfile<'_>| {
        profile.exists() && !matches!(profile.kind().get(), None | Some("" | "RuntimeDefault" | "Localhost"))
    };
    let outer = pod.spec.security_context().app_armor_profile();
    if bad(outer) {
        let kind = outer.kind().get().unwrap_or_default();
        cx.find(outer.kind(), format!("pod sets the AppArmor profile `{kind}`")).fix_set(
            "set `type: RuntimeDefault`",
            Safety::Safe,
            outer.kind(),
            "\"RuntimeDefault\"",
        );
    }
    for container in &pod.containers {
        let own = container.security_context().app_armor_profile();
        if bad(own) {
            let kind = own.kind().get().unwrap_or_default();
            cx.find(own.kind(), format!("container \"{}\" sets the AppArmor profile `{kind}`", container.label()))
                .of(container)
                .fix_set("set `type: RuntimeDefault`", Safety::Safe, own.kind(), "\"RuntimeDefault\"");
        }
    }
    for entry in pod.metadata.annotations().iter() {
        let Some(container) = entry.key().strip_prefix(APP_ARMOR_ANNOTATION) else { continue };
        let value = entry.value().text().unwrap_or_default();
        if !(matches!(value, "" | "runtime/default") || value.starts_with("localhost/")) {
            cx.find(entry.value(), format!("annotation sets the AppArmor profile `{value}`"))
                .container(container)
                .label("no mandatory access control")
                .fix_set("set `runtime/default`", Safety::Safe, entry.value(), "\"runtime/default\"");
        }
    }
}
