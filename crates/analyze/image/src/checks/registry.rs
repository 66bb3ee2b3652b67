//! `image/registry`

use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::Severity;
use ironclad_pod::{ImageReference, covers_image, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "image/registry",
    title: "image of a registry that is not allowed",
    severity: Severity::Medium,
    profile: Profile::OptIn,
    tags: &["cis:5.5.1"],
    params: &[
        Param {
            name: "allow",
            default: ParamDefault::Texts(&[]),
            doc: "Registries and repositories that are allowed, `*` for any characters; empty allows all.",
        },
        Param {
            name: "deny",
            default: ParamDefault::Texts(&[]),
            doc: "Registries and repositories that are forbidden, whatever is allowed.",
        },
    ],
    page: include_str!("registry.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let (allow, deny) = (cx.texts("allow"), cx.texts("deny"));
    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        let name = reference.name();
        let covered = |list: &[String]| list.iter().any(|pattern| covers_image(pattern, &name));
        let message = if covered(deny) {
            format!("image `{name}` is on the list of forbidden ones")
        } else if !allow.is_empty() && !covered(allow) {
            format!("image `{name}` is not on the list of allowed ones")
        } else {
            continue;
        };
        let finder = cx.find(image.spot, message);
        if let Some(container) = image.container {
            finder.of(container);
        }
    }
}
