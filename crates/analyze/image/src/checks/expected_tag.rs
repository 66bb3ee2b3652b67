//! `image/expected-tag`

use ironclad_check::{Cx, FixKind, Meta, Param, ParamDefault, Profile};
use ironclad_model::{Safety, Severity};
use ironclad_pod::{ImageReference, covers_image, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "image/expected-tag",
    title: "image with another tag than agreed",
    severity: Severity::Low,
    profile: Profile::OptIn,
    params: &[Param {
        name: "tags",
        default: ParamDefault::Map(&[]),
        doc: "Tag by repository, the repository written in full (`docker.io/library/nginx: \"1.27\"`).",
    }],
    fix: FixKind::Safe,
    page: include_str!("expected_tag.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let Some(tags) = cx.map("tags") else { return };
    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        let name = reference.name();
        let Some((_, wanted)) = tags.iter().find(|(pattern, _)| covers_image(pattern, &name)) else { continue };
        if reference.tag != Some(wanted.as_str()) {
            let message = format!("image `{}` should have the tag `{wanted}`", image.text);
            let mut finder = cx.find(image.spot, message);
            // A digest says what runs, whatever the tag: to choose another is a person's decision.
            if reference.digest.is_none() {
                let bare = match reference.tag {
                    Some(tag) => image.text.strip_suffix(tag).and_then(|text| text.strip_suffix(':')),
                    None => Some(image.text),
                };
                if let Some(bare) = bare {
                    let json = format!("\"{bare}:{wanted}\"");
                    finder = finder.fix_set(format!("set the tag `{wanted}`"), Safety::Safe, image.spot, &json);
                }
            }
            if let Some(container) = image.container {
                finder.of(container);
            }
        }
    }
}
