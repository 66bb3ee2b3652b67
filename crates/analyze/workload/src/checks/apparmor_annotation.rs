//! `workload/apparmor-annotation`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Edit, Place, Safety, Severity};
use ironclad_pod::{APP_ARMOR_ANNOTATION, effective};
use ironclad_tree::Entry;
use ironclad_views::{AppArmorProfile, Pod, PodContainer};

pub(super) static META: Meta = Meta {
    id: "workload/apparmor-annotation",
    title: "AppArmor annotation that misleads",
    severity: Severity::Medium,
    fix: FixKind::Safe,
    page: include_str!("apparmor_annotation.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for entry in pod.metadata.annotations().iter() {
        let Some(name) = entry.key().strip_prefix(APP_ARMOR_ANNOTATION) else { continue };
        let value = entry.value().text().unwrap_or_default();
        let container = pod.containers.iter().find(|container| container.name().get() == Some(name));
        let Some(container) = container else {
            cx.find(entry.value(), format!("annotation names container \"{name}\", which does not exist"))
                .label("the profile is applied to nothing")
                .fix_remove("remove the annotation", Safety::Safe, entry.value());
            continue;
        };
        let field = effective(pod, container).app_armor;
        if let Some(profile) = field.value.filter(|profile| !agrees(*profile, value)) {
            cx.find(entry.value(), format!("annotation and field of container \"{name}\" contradict each other"))
                .of(container)
                .related(profile.spot(), "the field says otherwise")
                .fix_remove("remove the annotation", Safety::Unsafe, entry.value());
        } else if cx.version() >= DEPRECATED {
            cx.find(entry.value(), format!("annotation of container \"{name}\" is deprecated since 1.{DEPRECATED}"))
                .of(container)
                .label("`securityContext.appArmorProfile` says the same")
                .fix(
                    "set `appArmorProfile` and remove the annotation",
                    Safety::Safe,
                    migrate(entry, container, field.value),
                );
        }
    }
}

/// Minor version from which the field replaces the annotation.
const DEPRECATED: u8 = 30;

fn agrees(profile: AppArmorProfile<'_>, annotation: &str) -> bool {
    match profile.kind().get() {
        Some("RuntimeDefault") => annotation == "runtime/default",
        Some("Unconfined") => annotation == "unconfined",
        Some("Localhost") => annotation.strip_prefix("localhost/") == profile.localhost_profile().get(),
        _ => true,
    }
}

/// The annotation goes, and where no field says it yet, a field says the same.
fn migrate(entry: Entry<'_>, container: &PodContainer<'_>, field: Option<AppArmorProfile<'_>>) -> Vec<Edit> {
    let mut edits = vec![Edit::Remove(Place::of(entry.value().into()))];
    let value = entry.value().text().unwrap_or_default();
    let profile = match value.strip_prefix("localhost/") {
        Some(name) if name.bytes().all(|b| b > b' ' && b != b'"' && b != b'\\') => {
            Some(format!("{{\"type\":\"Localhost\",\"localhostProfile\":\"{name}\"}}"))
        }
        _ if value == "runtime/default" => Some("{\"type\":\"RuntimeDefault\"}".to_owned()),
        _ if value == "unconfined" => Some("{\"type\":\"Unconfined\"}".to_owned()),
        _ => None,
    };
    if let Some(profile) = profile.filter(|_| field.is_none()) {
        edits.push(Edit::Set(Place::of(container.security_context().app_armor_profile().spot()), profile));
    }
    edits
}
