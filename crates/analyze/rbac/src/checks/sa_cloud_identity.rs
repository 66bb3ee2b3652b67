//! `rbac/sa-cloud-identity`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-cloud-identity",
    title: "ServiceAccount that is an identity in the cloud",
    severity: Severity::Info,
    reads: &[Kind::SERVICE_ACCOUNT],
    tags: &["mitre:T1078"],
    page: include_str!("sa_cloud_identity.md"),
    ..Meta::DEFAULT
};


/// Annotation, what it names, and what is worth knowing.
const BRIDGES: &[(&str, &str, &str)] = &[
    (
        "eks.amazonaws.com/role-arn",
        "AWS role",
        "whoever may run pods as it or create its tokens has the role; its trust policy must name this namespace and \
         account with StringEquals",
    ),
    (
        "iam.gke.io/gcp-service-account",
        "Google service account",
        "a ServiceAccount of this namespace and name in any cluster of the project or fleet is the same principal",
    ),
    (
        "azure.workload.identity/client-id",
        "Azure application",
        "whoever may run pods as it or create its tokens has the application's rights",
    ),
];

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let annotations = object.metadata().and_then(|metadata| metadata.get(f::ANNOTATIONS));
    let Some(annotations) = annotations.map(|entry| entry.value()) else { return };
    for (key, what, label) in BRIDGES {
        let Some(value) = annotations.get_str(key).map(|entry| entry.value()) else { continue };
        let Some(name) = value.as_str().filter(|name| !name.is_empty()) else { continue };
        let message = format!("ServiceAccount \"{}\" is the {what} `{name}`", object.name());
        // Every pod of the namespace that names no account runs as `default`.
        if object.name() == "default" {
            cx.find(value, message)
                .severity(Severity::Medium)
                .label("every pod that names no ServiceAccount has that identity");
        } else {
            cx.find(value, message).label(*label);
        }
    }
}
