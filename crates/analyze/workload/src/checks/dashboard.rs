//! `workload/dashboard`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_pod::{ImageReference, images};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/dashboard",
    title: "Kubernetes dashboard",
    severity: Severity::Medium,
    page: include_str!("dashboard.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let labels = pod.metadata.labels();
    let labelled = ["app", "k8s-app"]
        .iter()
        .find_map(|key| labels.get(key).filter(|_| labels.text(key) == Some("kubernetes-dashboard")));
    for image in images(pod) {
        let Ok(reference) = ImageReference::parse(image.text) else { continue };
        if reference.basename().starts_with("kubernetes-dashboard") {
            let finder = cx
                .find(image.spot, "this is the Kubernetes dashboard")
                .label("a web page that acts with its own rights");
            if let Some(container) = image.container {
                finder.of(container);
            }
            return;
        }
    }
    // Whose pods take the dashboard's account have its rights without being it.
    let account = pod.spec.service_account_name();
    let own = pod.object.name().starts_with("kubernetes-dashboard") || labelled.is_some();
    if account.get() == Some("kubernetes-dashboard") && !own {
        cx.find(account, "pod acts with the account of the Kubernetes dashboard");
        return;
    }
    if let Some(entry) = labelled {
        cx.find(entry.value(), "this is the Kubernetes dashboard").label("a web page that acts with its own rights");
    }
}
