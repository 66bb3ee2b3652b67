//! `image/old-registry`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Safety, Severity};
use ironclad_pod::{ImageReference, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "image/old-registry",
    title: "image of a frozen registry",
    severity: Severity::Medium,
    fix: FixKind::Safe,
    page: include_str!("old_registry.md"),
    ..Meta::DEFAULT
};

/// Registries that get no images any more; what they had is in `registry.k8s.io` under the same names.
const OLD: [&str; 3] = ["k8s.gcr.io/", "gcr.io/google-containers/", "gcr.io/google_containers/"];

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        let name = reference.name();
        let after = |text| OLD.iter().find_map(|old| str::strip_prefix(text, old));
        let Some(rest) = after(&name) else { continue };
        let mut finder = cx
            .find(image.spot, format!("image `{}` is of a frozen registry", image.text))
            .label(format!("`registry.k8s.io/{rest}` has the fixes"));
        if let Some(rest) = after(image.text) {
            let json = format!("\"registry.k8s.io/{rest}\"");
            finder = finder.fix_set(format!("take it from `registry.k8s.io/{rest}`"), Safety::Safe, image.spot, &json);
        }
        if let Some(container) = image.container {
            finder.of(container);
        }
    }
}
