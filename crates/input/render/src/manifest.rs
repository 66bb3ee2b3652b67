//! What templates print, cut into manifests and put in the order in which Helm would install them
//! (`pkg/releaseutil` of Helm).

use ironclad_gotemplate::Text;
use ironclad_tree::{Document, NodeRef};
use regex::Regex;
use std::cmp::Ordering;
use std::sync::LazyLock;

/// Helm's order of installation; other kinds come after, by name.
const ORDER: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// Events that make a hook; a name besides these, and Helm leaves the manifest out.
const EVENTS: &[&str] = &[
    "pre-install",
    "post-install",
    "pre-delete",
    "post-delete",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "test",
    "test-success",
];

/// Before which of two kinds is installed.
pub(crate) fn by_kind(a: &str, b: &str) -> Ordering {
    let rank = |kind: &str| ORDER.iter().position(|known| *known == kind);
    match (rank(a), rank(b)) {
        (None, None) => a.cmp(b),
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => a.cmp(&b),
    }
}

/// The manifests of an output: what lies between lines that begin with `---`, without the blanks around.
pub(crate) fn split(text: &Text) -> Vec<Text> {
    #[expect(clippy::expect_used, reason = "a constant pattern, compiled by every test")]
    static SEPARATOR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:^|[\t\n\f\r ]*\n)---[\t\n\f\r ]*").expect("a valid pattern"));
    let whole = text.as_str();
    let start = whole.len() - whole.trim_start().len();
    let end = start + whole.trim().len();
    let inner = whole.get(start..end).unwrap_or_default();
    let mut parts = Vec::new();
    let mut at = 0;
    let mut push = |from: usize, to: usize| {
        let part = inner.get(from..to).unwrap_or_default();
        let first = from + part.len() - part.trim_start().len();
        let last = first + part.trim().len();
        if first < last {
            parts.push(text.slice(start + first..start + last));
        }
    };
    for found in SEPARATOR.find_iter(inner) {
        push(at, found.start());
        at = found.end();
    }
    push(at, inner.len());
    parts
}

/// What Helm asks of a manifest.
pub(crate) struct Head {
    pub(crate) kind: String,
    pub(crate) is_hook: bool,
    /// An annotation names an event that Helm does not know: the manifest is never installed.
    pub(crate) is_unknown_hook: bool,
}

/// The head of a manifest's first document.
pub(crate) fn head(document: Option<&Document>) -> Head {
    let root = document.map(Document::root);
    let text = |node: Option<NodeRef<'_>>, name: &str| -> Option<String> {
        node?.get_str(name).and_then(|entry| entry.value().as_str().map(str::to_owned))
    };
    let annotations = root
        .and_then(|root| root.get_str("metadata"))
        .and_then(|metadata| metadata.value().get_str("annotations"))
        .map(|annotations| annotations.value());
    let hook = text(annotations, "helm.sh/hook");
    let known = |events: &str| events.split(',').all(|event| EVENTS.contains(&event.trim().to_lowercase().as_str()));
    Head {
        kind: text(root, "kind").unwrap_or_default(),
        is_hook: hook.is_some(),
        is_unknown_hook: hook.is_some_and(|events| !known(&events)),
    }
}
