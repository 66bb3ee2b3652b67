//! What templates print, cut into manifests and put in the order in which Helm would install them
//! (`pkg/releaseutil` of Helm).

use ironclad_gotemplate::Text;
use ironclad_tree::{Document, NodeRef};
use std::cmp::Ordering;

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

/// The manifests of an output: what lies between lines that begin with `---`, without the blanks around. As Helm finds
/// them: `(?:^|\s*\n)---\s*`, one after the other.
pub(crate) fn split(text: &Text) -> Vec<Text> {
    let whole = text.as_str();
    let start = whole.len() - whole.trim_start().len();
    let end = start + whole.trim().len();
    let inner = whole.get(start..end).unwrap_or_default();
    let bytes = inner.as_bytes();
    let mut parts = Vec::new();
    let mut push = |from: usize, to: usize| {
        let part = inner.get(from..to).unwrap_or_default();
        let first = from + part.len() - part.trim_start().len();
        let last = first + part.trim().len();
        if first < last {
            parts.push(text.slice(start + first..start + last));
        }
    };
    // Where the manifest begins, and where the next look does.
    let (mut at, mut look) = (0, 0);
    while let Some(found) = inner.get(look..).and_then(|rest| rest.find("---")).map(|offset| look + offset) {
        // The line break before it is part of what separates, so it may not be part of the separator before.
        let is_line = found == 0 || (found > at && bytes.get(found - 1) == Some(&b'\n'));
        if !is_line {
            look = found + 1;
            continue;
        }
        push(at, found);
        let blanks = bytes.get(found + 3..).unwrap_or_default();
        let is_blank = |byte: &&u8| matches!(byte, b'\t' | b'\n' | b'\x0C' | b'\r' | b' ');
        at = found + 3 + blanks.iter().take_while(is_blank).count();
        look = at;
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
