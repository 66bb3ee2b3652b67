//! `reliability/naked-pod`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "reliability/naked-pod",
    title: "pod that nobody recreates",
    severity: Severity::Low,
    reads: &[Kind::POD],
    page: include_str!("naked_pod.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Object, cx: &mut Cx<'_>) {
    let owned = pod
        .metadata()
        .and_then(|metadata| metadata.get(f::OWNER_REFERENCES))
        .is_some_and(|owners| !owners.value().is_empty());
    let is_static = ["kubernetes.io/config.mirror", "kubernetes.io/config.source"]
        .iter()
        .any(|key| pod.annotation(key).is_some_and(|value| value != "api"));
    if owned || is_static || pod.annotation("helm.sh/hook").is_some() {
        return;
    }
    let at = pod.root().get(f::KIND).map_or(pod.root(), |kind| kind.value());
    cx.find(at, "pod has no controller").label("when its node goes, it is gone");
}
