//! Types of fields, where a tool reads a document strictly.

use super::{Form, at, entries, field, form, items};
use ironclad_model::Object;
use ironclad_tree::{Kind, NodeRef, describe};

/// What is of another type than the tools that read it want: they refuse it, and nothing in it is looked at here. In
/// templates and plans anything may stand for a value.
pub(crate) fn wrong_types(object: &Object) -> Vec<(NodeRef<'_>, String)> {
    let root = object.root();
    let lists: &[&[&str]] = match form(object) {
        Some(Form::Eksctl) => {
            &[&["accessConfig", "accessEntries"], &["iam", "podIdentityAssociations"], &["iamIdentityMappings"]]
        }
        Some(Form::Controller) if matches!(object.kind_name(), "AccessEntry" | "PodIdentityAssociation") => &[],
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    let want = |node: NodeRef<'_>, kind: Kind, name: &str| {
        let fits = if kind == Kind::String { node.as_str().is_some() } else { node.kind() == kind };
        if !fits {
            let wanted = match kind {
                Kind::Sequence => "a list",
                Kind::Mapping => "an object",
                _ => "a text",
            };
            return Some(format!("`{name}` is {}, not {wanted}", describe(node)));
        }
        None
    };
    for path in lists {
        let name = path.last().copied().unwrap_or_default();
        for depth in 1..path.len() {
            let outer = path.get(..depth).unwrap_or_default();
            let node = at(root, outer);
            found.extend(node.and_then(|node| Some((node, want(node, Kind::Mapping, outer.last()?)?))));
        }
        let Some(list) = at(root, path) else { continue };
        found.extend(want(list, Kind::Sequence, name).map(|message| (list, message)));
        found.extend(list.items().filter_map(|item| Some((item, want(item, Kind::Mapping, &format!("{name}[]"))?))));
    }
    if form(object) == Some(Form::Controller)
        && let Some(spec) = field(root, "spec")
    {
        found.extend(want(spec, Kind::Mapping, "spec").map(|message| (spec, message)));
    }
    for entry in entries(object) {
        let names = entry.names;
        for (name, kind) in [
            (names.arn, Kind::String),
            (names.kind, Kind::String),
            (names.user, Kind::String),
            (names.groups, Kind::Sequence),
            (names.policies, Kind::Sequence),
        ] {
            let node = field(entry.node, name);
            found.extend(node.and_then(|node| Some((node, want(node, kind, name)?))));
        }
        for (list, kind) in [(names.groups, Kind::String), (names.policies, Kind::Mapping)] {
            found.extend(
                items(entry.node, list).filter_map(|item| Some((item, want(item, kind, &format!("{list}[]"))?))),
            );
        }
        // A controller may take it from another object (`principalRef`).
        let named = entry.node.entries().any(|field| field.key().starts_with("principal"));
        if entry.node.kind() == Kind::Mapping && !named {
            found.push((entry.node, format!("an access entry has no `{}`", names.arn)));
        }
    }
    found
}
