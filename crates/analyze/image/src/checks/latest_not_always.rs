//! `image/latest-not-always`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Safety, Severity};
use ironclad_pod::{ImageReference, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "image/latest-not-always",
    title: "moving tag that is not pulled anew",
    severity: Severity::Medium,
    peers: &[("kubescape", "C-0075"), ("kubescape", "image-pull-policy-is-not-set-to-always")],
    fix: FixKind::Unsafe,
    page: include_str!("latest_not_always.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        let explicit = image.pull_policy.filter(|policy| matches!(*policy, "IfNotPresent" | "Never"));
        let Some(policy) = explicit.filter(|_| reference.floats()) else { continue };
        let finder = cx
            .find(image.pull_policy_spot, format!("image `{}` moves, and `{policy}` keeps the old one", image.text))
            .label("nodes run different versions under one name")
            .fix_set("set `Always`", Safety::Unsafe, image.pull_policy_spot, "\"Always\"");
        if let Some(container) = image.container {
            finder.of(container);
        }
    }
}
