//! `image/no-digest`

use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::Severity;
use ironclad_pod::{ImageReference, covers_image, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "image/no-digest",
    title: "image is not pinned by a digest",
    severity: Severity::Low,
    profile: Profile::OptIn,
    params: &[Param {
        name: "exempt",
        default: ParamDefault::Texts(&[]),
        doc: "Registries and repositories whose tags never move.",
    }],
    page: include_str!("no_digest.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        let exempt = || cx.texts("exempt").iter().any(|pattern| covers_image(pattern, &reference.name()));
        if reference.digest.is_none() && !exempt() {
            let message = format!("image `{}` is not pinned by a digest", image.text);
            let finder = cx.find(image.spot, message).label("whoever owns the tag decides what runs");
            if let Some(container) = image.container {
                finder.of(container);
            }
        }
    }
}
