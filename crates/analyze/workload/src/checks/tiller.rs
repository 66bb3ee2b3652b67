//! `workload/tiller`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_pod::{ImageReference, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/tiller",
    title: "Tiller, the server of Helm 2",
    severity: Severity::Critical,
    peers: &[("checkov", "CKV_K8S_34"), ("checkov", "CKV_K8S_44"), ("checkov", "CKV_K8S_45"), ("trivy", "KSV-0102")],
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
    } else if labels.text("name") == Some("tiller") && labels.text("app") == Some("helm") {
        let spot = labels.get("name").map_or(labels.spot(), |entry| entry.value().into());
        cx.find(spot, "this is Tiller, the server of Helm 2").label("usually cluster-admin, without a login");
    }
}
