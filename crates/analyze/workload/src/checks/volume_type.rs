//! `workload/volume-type`

use ironclad_check::{Cx, Level, Meta, Profile, Pss};
use ironclad_model::Severity;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/volume-type",
    title: "volume of a kind that restricted forbids",
    severity: Severity::Low,
    profile: Profile::Restricted,
    pss: &[Pss { check: "restrictedVolumes", level: Level::Restricted, since: 0, overridden: None }],
    page: include_str!("volume_type.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for volume in pod.spec.volumes().iter() {
        let Some(node) = volume.spot().node() else { continue };
        let mut sources = node.entries().filter(|entry| entry.key() != "name" && !entry.value().is_null());
        // The API server judges the one source that a volume has; a volume with two is refused anyway.
        let allowed = |key: &str| ALLOWED.contains(&key);
        if node.entries().any(|entry| allowed(entry.key()) && !entry.value().is_null()) {
            continue;
        }
        let name = volume.name().get().unwrap_or("(no name)");
        // A volume without any source is an emptyDir by the API server's defaults.
        if let Some(source) = sources.next() {
            cx.find(source.value(), format!("volume \"{name}\" is of kind `{}`", source.key()))
                .label("restricted allows config, secrets, claims and scratch space");
        }
    }
}

const ALLOWED: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];
