//! `workload/sandbox-image`

use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{ImageReference, covers_image, images, matches_pattern};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/sandbox-image",
    title: "sandbox image that is not pinned or not allowed",
    severity: Severity::High,
    profile: Profile::OptIn,
    reads: &[Kind::SANDBOX, Kind::SANDBOX_TEMPLATE],
    params: &[
        Param {
            name: "allow",
            default: ParamDefault::Texts(&[]),
            doc: "Registries and repositories that sandboxes may use; empty allows all.",
        },
        Param {
            name: "digest",
            default: ParamDefault::Bool(false),
            doc: "Only a digest pins: whoever owns a tag decides what the next sandbox runs.",
        },
        Param {
            name: "floating",
            default: ParamDefault::Texts(&["latest"]),
            doc: "Tags that move; `*` stands for any characters.",
        },
    ],
    page: include_str!("sandbox_image.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !matches!(pod.object.kind(), Kind::SANDBOX | Kind::SANDBOX_TEMPLATE) {
        return;
    }

    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        let name = reference.name();
        let allow = cx.texts("allow");
        let message = if !allow.is_empty() && !allow.iter().any(|pattern| covers_image(pattern, &name)) {
            format!("image `{name}` of a sandbox is not on the list of allowed ones")
        } else if let Some(why) = loose(&reference, cx) {
            format!("image `{}` of a sandbox is not pinned: {why}", image.text)
        } else {
            continue;
        };
        let finder = cx.find(image.spot, message);
        if let Some(container) = image.container {
            finder.of(container);
        }
    }
}

/// What does not pin an image.
fn loose(reference: &ImageReference<'_>, cx: &Cx<'_>) -> Option<String> {
    if reference.digest.is_some() {
        return None;
    }
    let floats = |tag: &str| cx.texts("floating").iter().any(|pattern| matches_pattern(pattern, tag));
    match reference.tag {
        None => Some("it has no tag".to_owned()),
        Some(tag) if floats(tag) => Some(format!("the tag `{tag}` moves")),
        Some(_) if cx.flag("digest") => Some("it has no digest".to_owned()),
        Some(_) => None,
    }
}
