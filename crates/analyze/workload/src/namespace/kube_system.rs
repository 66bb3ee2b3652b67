//! `namespace/kube-system`

use super::namespace_field;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "namespace/kube-system",
    title: "workload in the namespace of the system",
    severity: Severity::Medium,
    profile: Profile::OptIn,
    page: include_str!("kube_system.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let field = namespace_field(pod.object);
    if field.get() != Some("kube-system") || is_of_the_system(pod) {
        return;
    }
    cx.find(field, format!("{} is in `kube-system`", pod.object.kind_name()))
        .label("who may change it there is close to the control plane");
}

/// Components of the control plane (static pods of kubeadm) and add-ons that say that they are the cluster's.
fn is_of_the_system(pod: &Pod<'_>) -> bool {
    let label = |key: &str| {
        let own = pod.object.labels().and_then(|labels| labels.get_str(key)?.value().text());
        own.or_else(|| pod.metadata.labels().text(key))
    };
    label("tier") == Some("control-plane")
        || label("kubernetes.io/cluster-service") == Some("true")
        || label("addonmanager.kubernetes.io/mode").is_some()
        || matches!(label("k8s-app"), Some("kube-proxy" | "kube-dns"))
        || pod.object.annotation("kubernetes.io/config.mirror").is_some()
}
