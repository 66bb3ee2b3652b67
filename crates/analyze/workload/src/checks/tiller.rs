//! `workload/tiller`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Confidence, Kind, Object, Severity, Spot};
use ironclad_pod::{ImageReference, images};
use ironclad_tree::f;
use ironclad_views::{Pod, Service, View};

pub(super) static META: Meta = Meta {
    id: "workload/tiller",
    title: "Tiller, the server of Helm 2",
    severity: Severity::Critical,
    reads: &[Kind::ANY_POD, Kind::SERVICE],
    page: include_str!("tiller.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let labels = pod.metadata.labels();
    let by_image = images(pod)
        .into_iter()
        .find(|image| ImageReference::parse(image.text).is_ok_and(|reference| reference.basename() == "tiller"));
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

/// The Service that `helm init` makes, by its name or by what it selects.
pub(super) fn check_object(service: &Object, cx: &mut Cx<'_>) {
    let selector = Service::at(Spot::at(service.root())).spec().selector();
    let selected = selector.node().and_then(|labels| labels.get_str("name")).map(|entry| entry.value());
    let at = match selected.filter(|value| value.text() == Some("tiller")) {
        Some(value) => Spot::at(value),
        None if matches!(service.name(), "tiller" | "tiller-deploy") => {
            Spot::at(service.root()).field(f::METADATA).field(f::NAME)
        }
        None => return,
    };
    cx.find(at, "this is the Service of Tiller, the server of Helm 2").label("every pod of the cluster reaches it");
}
