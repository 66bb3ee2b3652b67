//! `image/old-registry`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_pod::{ImageReference, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "image/old-registry",
    title: "image of a frozen registry",
    severity: Severity::Medium,
    peers: &[("kubescape", "C-0253"), ("kubescape", "rule-identify-old-k8s-registry")],
    page: include_str!("old_registry.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        let name = reference.name();
        let rest = ["k8s.gcr.io/", "gcr.io/google-containers/", "gcr.io/google_containers/"]
            .iter()
            .find_map(|old| name.strip_prefix(old));
        let Some(rest) = rest else { continue };
        let finder = cx
            .find(image.spot, format!("image `{}` is of a frozen registry", image.text))
            .label(format!("`registry.k8s.io/{rest}` has the fixes"));
        if let Some(container) = image.container {
            finder.of(container);
        }
    }
}
