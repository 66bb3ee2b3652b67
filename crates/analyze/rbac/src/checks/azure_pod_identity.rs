//! `rbac/azure-pod-identity`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity, Spot, group_of};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "rbac/azure-pod-identity",
    title: "identity of Azure that a label gives to pods",
    severity: Severity::Medium,
    reads: &[Kind::OTHER],
    tags: &["mitre:T1078", "mitre:T1552"],
    page: include_str!("azure_pod_identity.md"),
    ..Meta::DEFAULT
};

/// Who may use an identity: by default pods of every namespace (`pkg/mic` of aad-pod-identity).
const BEHAVIOR: &str = "aadpodidentity.k8s.io/Behavior";

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    if group_of(object.api_version()) != "aadpodidentity.k8s.io" {
        return;
    }
    let root = object.root();
    let spec = root.get(f::SPEC).map(|entry| entry.value());
    let text = |name: &str| spec.and_then(|spec| spec.get_str(name)).and_then(|entry| entry.value().as_str());
    let at = |name: &str| {
        let node = spec.and_then(|spec| spec.get_str(name)).map(|entry| entry.value());
        node.map_or_else(|| Spot::at(root), Spot::at)
    };
    match object.kind_name() {
        "AzureIdentity" => {
            let name = text("resourceID").or_else(|| text("clientID")).unwrap_or("(not said)");
            let namespaced = object.annotation(BEHAVIOR) == Some("namespaced");
            let (message, label) = if namespaced {
                (
                    format!("whoever may create pods in the namespace can be the Azure identity `{name}`"),
                    "a label of the pod is all that it takes; aad-pod-identity is archived: use workload identity",
                )
            } else {
                (
                    format!("whoever may create pods in any namespace can be the Azure identity `{name}`"),
                    "the annotation `aadpodidentity.k8s.io/Behavior: namespaced` keeps it to its own namespace, where the \
                     server does not; aad-pod-identity is archived: use workload identity",
                )
            };
            let severity = if namespaced { Severity::Low } else { Severity::Medium };
            cx.find(at("resourceID"), message).severity(severity).label(label);
        }
        "AzurePodIdentityException" => {
            cx.find(at("podLabels"), "pods with these labels reach the node's own identity past aad-pod-identity")
                .label("the identity of the node may pull images and, on older clusters, change the network and disks");
        }
        _ => {}
    }
}
