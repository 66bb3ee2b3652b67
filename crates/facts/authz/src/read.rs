//! Roles and bindings of a snapshot, as the API server would take them: defaults laid over them, refused where its
//! validation refuses them (k8s.io/kubernetes `pkg/apis/rbac/validation` and `pkg/apis/rbac/v1/defaults.go`).

use crate::BindingId;
use ironclad_model::{Object, ObjectId, Place, Spot, group_of};
use ironclad_tree::{Kind as NodeKind, NodeRef, Symbol, f};

pub(crate) const GROUP: &str = "rbac.authorization.k8s.io";

/// An object that the API server would refuse.
#[derive(Clone, Debug)]
pub struct Invalid {
    /// The object.
    pub object: ObjectId,
    /// What it would refuse.
    pub place: Place,
    /// Why: lower case, no full stop.
    pub message: String,
}

/// An object that a later one of the same kind, namespace and name replaces.
#[derive(Clone, Copy, Debug)]
pub struct Duplicate {
    /// The object that is lost.
    pub lost: ObjectId,
    /// The object that stays.
    pub kept: ObjectId,
}

/// A binding to a role that is not there.
#[derive(Clone, Copy, Debug)]
pub struct Dangling {
    /// The binding.
    pub binding: BindingId,
}

/// Is it of the RBAC group, of a version that was ever served?
pub(crate) fn is_rbac(object: &Object) -> bool {
    group_of(object.api_version()) == GROUP
}

/// Text of a field; nothing where it is absent or no text.
pub(crate) fn text<'a>(node: NodeRef<'a>, field: Symbol) -> &'a str {
    node.get(field).and_then(|entry| entry.value().as_str()).unwrap_or_default()
}

/// Items of a field.
pub(crate) fn items<'a>(node: NodeRef<'a>, field: Symbol) -> impl Iterator<Item = NodeRef<'a>> + Clone + 'a {
    node.get(field)
        .map(|entry| entry.value())
        .filter(|v| v.kind() == NodeKind::Sequence)
        .into_iter()
        .flat_map(|v| v.items())
}

/// Texts of a field.
pub(crate) fn texts<'a>(node: NodeRef<'a>, field: Symbol) -> impl Iterator<Item = &'a str> + Clone + 'a {
    items(node, field).map(written)
}

/// An item as a text. A null item is the empty text, as the decoder has it. What is no text to kubectl (`y` and `1.10`
/// without quotes) the API server refuses; it is read as it is written, which is what was meant: a grant that appears
/// as soon as the quotes do must not be missed.
pub(crate) fn written(item: NodeRef<'_>) -> &str {
    if item.is_null() { "" } else { item.text().unwrap_or_default() }
}

/// Why the API server would refuse a role; nothing where it would not.
pub(crate) fn refuses_role<'a>(object: &'a Object, cluster: bool) -> Option<(Spot<'a>, String)> {
    if let Some(refusal) = refuses_name(object) {
        return Some(refusal);
    }
    for rule in items(object.root(), f::RULES) {
        let at = Spot::at(rule);
        let has = |field| items(rule, field).next().is_some();
        if !has(f::VERBS) {
            return Some((at.field(f::VERBS), "rule has no verb".to_owned()));
        }
        if has(f::NON_RESOURCE_URLS) {
            if !cluster {
                return Some((at.field(f::NON_RESOURCE_URLS), "a Role cannot grant `nonResourceURLs`".to_owned()));
            }
            if has(f::API_GROUPS) || has(f::RESOURCES) || has(f::RESOURCE_NAMES) {
                let message = "rule has both resources and `nonResourceURLs`".to_owned();
                return Some((at.field(f::NON_RESOURCE_URLS), message));
            }
            continue;
        }
        if !has(f::API_GROUPS) {
            return Some((at.field(f::API_GROUPS), "rule has no API group (the core group is `\"\"`)".to_owned()));
        }
        if !has(f::RESOURCES) {
            return Some((at.field(f::RESOURCES), "rule has neither resources nor `nonResourceURLs`".to_owned()));
        }
    }
    let aggregation = object.root().get(f::AGGREGATION_RULE).map(|entry| entry.value()).filter(|node| !node.is_null());
    if let Some(node) = aggregation.filter(|node| cluster && items(*node, f::CLUSTER_ROLE_SELECTORS).next().is_none()) {
        let message = "an aggregation rule needs at least one selector".to_owned();
        return Some((Spot::at(node).field(f::CLUSTER_ROLE_SELECTORS), message));
    }
    None
}

/// Why the API server would refuse a binding.
pub(crate) fn refuses_binding<'a>(object: &'a Object, cluster: bool) -> Option<(Spot<'a>, String)> {
    if let Some(refusal) = refuses_name(object) {
        return Some(refusal);
    }
    let root = Spot::at(object.root());
    let role_ref = root.field(f::ROLE_REF);
    let Some(node) = role_ref.node() else {
        return Some((role_ref, "binding refers to no role".to_owned()));
    };
    let group = text(node, f::API_GROUP);
    if !group.is_empty() && group != GROUP {
        let message = format!("`roleRef.apiGroup` is `{group}`, not `{GROUP}`");
        return Some((role_ref.field(f::API_GROUP), message));
    }
    let kind = text(node, f::KIND);
    let known = kind == "ClusterRole" || (kind == "Role" && !cluster);
    if !known {
        let message = match (kind, cluster) {
            ("", _) => "`roleRef` has no kind".to_owned(),
            ("Role", true) => "a ClusterRoleBinding can only refer to a ClusterRole".to_owned(),
            _ => format!("`roleRef.kind` is `{kind}`, neither Role nor ClusterRole"),
        };
        return Some((role_ref.field(f::KIND), message));
    }
    if let Some(message) = bad_segment(text(node, f::NAME)) {
        return Some((role_ref.field(f::NAME), format!("name of the role {message}")));
    }
    items(object.root(), f::SUBJECTS).find_map(|subject| refuses_subject(subject, object.api_version(), cluster))
}

fn refuses_subject<'a>(subject: NodeRef<'a>, version: &str, cluster: bool) -> Option<(Spot<'a>, String)> {
    let at = Spot::at(subject);
    let name = text(subject, f::NAME);
    if name.is_empty() {
        return Some((at.field(f::NAME), "subject has no name".to_owned()));
    }
    // v1alpha1 had `apiVersion` in its place.
    let group = if version.ends_with("/v1alpha1") { "" } else { text(subject, f::API_GROUP) };
    match text(subject, f::KIND) {
        "ServiceAccount" => {
            if !group.is_empty() {
                return Some((at.field(f::API_GROUP), "`apiGroup` of a ServiceAccount is not `\"\"`".to_owned()));
            }
            if !is_subdomain(name) {
                let message = format!("`{name}` cannot be the name of a ServiceAccount");
                return Some((at.field(f::NAME), message));
            }
            (cluster && text(subject, f::NAMESPACE).is_empty())
                .then(|| (at.field(f::NAMESPACE), format!("ServiceAccount \"{name}\" has no namespace")))
        }
        kind @ ("User" | "Group") => (!group.is_empty() && group != GROUP)
            .then(|| (at.field(f::API_GROUP), format!("`apiGroup` of a {kind} is `{group}`, not `{GROUP}`"))),
        "" => Some((at.field(f::KIND), format!("subject \"{name}\" has no kind"))),
        kind => Some((at.field(f::KIND), format!("`{kind}` is no kind of subject: User, Group or ServiceAccount"))),
    }
}

fn refuses_name(object: &Object) -> Option<(Spot<'_>, String)> {
    let at = || Spot::at(object.root()).field(f::METADATA).field(f::NAME);
    bad_segment(object.name()).map(|message| (at(), format!("name {message}")))
}

/// `path.IsValidPathSegmentName` of k8s.io/apimachinery.
fn bad_segment(name: &str) -> Option<String> {
    match name {
        "" => Some("is missing".to_owned()),
        "." | ".." => Some(format!("`{name}` is not allowed")),
        _ => name.chars().find(|c| matches!(c, '/' | '%')).map(|c| format!("`{name}` has a `{c}`")),
    }
}

/// RFC 1123 subdomain of at most 253 characters.
fn is_subdomain(name: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.len() <= 253
        && name.split('.').all(|label| {
            let bytes = label.as_bytes();
            edge(bytes.first())
                && edge(bytes.last())
                && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        })
}
