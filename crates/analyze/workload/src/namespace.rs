//! Namespaces: what is in them and which Pod Security level they enforce. One line a check.

ironclad_check::checks![
    default: object,
    kube_system: pod,
    psa_missing: kind(NAMESPACE),
    psa_not_baseline: kind(NAMESPACE),
    psa_not_restricted: kind(NAMESPACE),
];

use ironclad_model::{Object, Spot};
use ironclad_tree::f;
use ironclad_views::{Field, ObjectMeta, View};

/// Labels of Pod Security admission: what is done, and the label of its version.
const MODES: [(&str, &str); 3] = [
    ("pod-security.kubernetes.io/enforce", "pod-security.kubernetes.io/enforce-version"),
    ("pod-security.kubernetes.io/audit", "pod-security.kubernetes.io/audit-version"),
    ("pod-security.kubernetes.io/warn", "pod-security.kubernetes.io/warn-version"),
];

/// Where the level that a namespace enforces is, or would be.
fn enforced(namespace: &Object) -> Spot<'_> {
    Spot::at(namespace.root()).field(f::METADATA).field(f::LABELS).field(f::POD_SECURITY_ENFORCE)
}

/// The level that a namespace enforces: what is written, valid or not.
fn level(namespace: &Object) -> Option<&str> {
    enforced(namespace).node().filter(|node| !node.is_null())?.text()
}

/// Namespaces of the system: a level on them stops the cluster's own pods.
fn is_of_the_system(namespace: &Object) -> bool {
    matches!(namespace.name(), "kube-system" | "kube-public" | "kube-node-lease")
}

/// `metadata.namespace` of an object.
fn namespace_field(object: &Object) -> Field<'_, &str> {
    ObjectMeta::at(Spot::at(object.root()).field(f::METADATA)).namespace()
}
