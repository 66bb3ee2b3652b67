//! `wiring/volume-unmounted`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_pod::is_whole_spec;
use ironclad_tree::f;
use ironclad_views::{Field, Pod};
use rustc_hash::FxHashSet;

pub(super) static META: Meta = Meta {
    id: "wiring/volume-unmounted",
    title: "volume without a mount, or mount without a volume",
    severity: Severity::Low,
    profile: Profile::OptIn,
    page: include_str!("volume_unmounted.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    // Workflows and tasks have volumes in further places.
    if !is_whole_spec(pod) {
        return;
    }
    let volumes: FxHashSet<&str> = pod.spec.volumes().iter().filter_map(|volume| volume.name().get()).collect();
    let claimed = claim_templates(pod);
    let mut mounted: FxHashSet<&str> = FxHashSet::default();
    for container in &pod.containers {
        let mounts = container.volume_mounts().iter().map(|mount| mount.name());
        let devices = container.volume_devices().iter().map(|device| device.name());
        let names: Vec<Field<'_, &str>> = mounts.chain(devices).collect();
        for field in names {
            let Some(name) = field.get() else { continue };
            mounted.insert(name);
            if !volumes.contains(name) && !claimed.contains(name) {
                cx.find(
                    field,
                    format!("container \"{}\" mounts \"{name}\", which is no volume of the pod", container.label()),
                )
                .of(container)
                .severity(Severity::High)
                .label("the API server refuses the pod");
            }
        }
    }
    for volume in pod.spec.volumes().iter() {
        if let Some(name) = volume.name().get().filter(|name| !mounted.contains(name)) {
            cx.find(volume.spot(), format!("no container mounts volume \"{name}\""));
        }
    }
}

/// Names of the volumes that a controller makes of its claim templates.
fn claim_templates<'a>(pod: &Pod<'a>) -> FxHashSet<&'a str> {
    let templates = pod.object.root().get(f::SPEC).and_then(|spec| spec.value().get(f::VOLUME_CLAIM_TEMPLATES));
    let items = templates.into_iter().flat_map(|templates| templates.value().items());
    items.filter_map(|item| item.get(f::METADATA)?.value().get(f::NAME)?.value().as_str()).collect()
}
