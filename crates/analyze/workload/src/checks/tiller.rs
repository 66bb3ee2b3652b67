//! `workload/tiller`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Confidence, Severity};
use ironclad_pod::{ImageReference, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/tiller",
    title: "Tiller, the server of Helm 2",
    severity: Severity::Critical,
    page: include_str!("tiller.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let labels = pod.metadata.labels();
    let by_image = images(pod).into_iter().find(|image| {
        ImageReference::parse(image.text).is_ok_and(|reference| reference.basename() == "tiller")
    });
    if let Some(image) = by_image {
        cx.find(image.spot, "this is Tiller, the server of Helm 2").label("usually cluster-admin, without a login");
        return;
    }
    let label = |key: &str, value: &str| labels.get(key).filter(|entry| entry.value().text() == Some(value));
    if let Some(entry) = label("name", "tiller") {
        cx.find(entry.value(), "this is Tiller, the server of Helm 2").label("usually cluster-admin, without a login");
        return;
    }
    // Names alone are weaker: a word of the name, or the label that Tiller's own manifest has.
    let named = pod.object.name().split('-').any(|word| word == "tiller");
    let name = pod.object.metadata().and_then(|metadata| metadata.get_str("name")).filter(|_| named);
    if let Some(entry) = name.or_else(|| label("app", "helm")) {
        cx.find(entry.value(), "this looks like Tiller, the server of Helm 2")
            .severity(Severity::Medium)
            .confidence(Confidence::Likely);
    }
}
