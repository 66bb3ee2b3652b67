//! `image/tag-latest`

use ironclad_check::{Cx, Meta, Param, ParamDefault};
use ironclad_model::Severity;
use ironclad_pod::{ImageReference, images, matches_pattern};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "image/tag-latest",
    title: "image without a fixed tag",
    severity: Severity::Medium,
    tags: &["cis:5.5.1"],
    params: &[Param {
        name: "floating",
        default: ParamDefault::Texts(&["latest"]),
        doc: "Tags that move; `*` stands for any characters.",
    }],
    page: include_str!("tag_latest.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        if reference.digest.is_some() {
            continue;
        }
        let floating = |tag: &str| cx.texts("floating").iter().any(|pattern| matches_pattern(pattern, tag));
        let message = match reference.tag {
            None => format!("image `{}` has no tag: it is `latest`", image.text),
            Some(tag) if floating(tag) => format!("image `{}` has the floating tag `{tag}`", image.text),
            Some(_) => continue,
        };
        let finder = cx.find(image.spot, message).label("what runs depends on the day it was pulled");
        if let Some(container) = image.container {
            finder.of(container);
        }
    }
}
