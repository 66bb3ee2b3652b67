//! `image/pull-policy`

use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Safety, Severity};
use ironclad_pod::{ImageReference, PullPolicy, effective_pull_policy, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "image/pull-policy",
    title: "image is not pulled anew",
    severity: Severity::Low,
    profile: Profile::OptIn,
    fix: FixKind::Safe,
    page: include_str!("pull_policy.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        let policy = effective_pull_policy(image.pull_policy, &reference);
        if policy == PullPolicy::Always || reference.digest.is_some() {
            continue;
        }
        let message = format!("image `{}` is taken from the node where it lies there", image.text);
        let finder = cx
            .find(image.pull_policy_spot, message)
            .label("pods use private images without credentials, and old content of the tag")
            .fix_set("set `Always`", Safety::Safe, image.pull_policy_spot, "\"Always\"");
        if let Some(container) = image.container {
            finder.of(container);
        }
    }
}
