//! `image/invalid`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_pod::{ImageReference, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "image/invalid",
    title: "image reference that does not parse",
    severity: Severity::High,
    page: include_str!("invalid.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for image in images(pod) {
        if let Err(error) = ImageReference::parse(image.text) {
            let finder = cx
                .find(image.spot, format!("image `{}` cannot be pulled: {error}", image.text))
                .label("the pod will never start");
            if let Some(container) = image.container {
                finder.of(container);
            }
        }
    }
}
