//! `image/latest-not-always`

use ironclad_check::{Cx, FixKind, Meta, Param, ParamDefault};
use ironclad_model::{Safety, Severity};
use ironclad_pod::{ImageReference, images, matches_pattern};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "image/latest-not-always",
    title: "moving tag that is not pulled anew",
    severity: Severity::Medium,
    params: &[Param {
        name: "floating",
        default: ParamDefault::Texts(&["latest"]),
        doc: "Tags that move; `*` stands for any characters.",
    }],
    fix: FixKind::Safe,
    page: include_str!("latest_not_always.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        let explicit = image.pull_policy.filter(|policy| matches!(*policy, "IfNotPresent" | "Never"));
        let moves = |tag: &str| cx.texts("floating").iter().any(|pattern| matches_pattern(pattern, tag));
        let floats = reference.digest.is_none() && reference.tag.is_none_or(moves);
        let Some(policy) = explicit.filter(|_| floats) else { continue };
        let finder = cx
            .find(image.pull_policy_spot, format!("image `{}` moves, and `{policy}` keeps the old one", image.text))
            .label("nodes run different versions under one name")
            .fix_set("set `Always`", Safety::Safe, image.pull_policy_spot, "\"Always\"");
        if let Some(container) = image.container {
            finder.of(container);
        }
    }
}
