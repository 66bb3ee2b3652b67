//! What something outside of a folder says about its kustomization: the fields that Argo CD sets with `kustomize edit`
//! and Flux writes into the file before it is built, each with the place where it stands.
//!
//! Upstream: `util/kustomize/kustomize.go` of Argo CD, `kustomize/kustomize_generator.go` of fluxcd/pkg.

use crate::kustomization::{Fault, Kustomization};
use crate::loader::NAMES;
use crate::node::{Data, Node, Reading};
use crate::scalar::{Scalar, Tag};
use crate::trail::Trail;
use ironclad_model::Role;
use ironclad_tree::NodeRef;

/// How a field joins what the kustomization has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// In place of the field that is there.
    Set,
    /// Items behind those that are there.
    Append,
    /// Items in place of those with the same `name`.
    ByName,
    /// Images written as `kustomize edit set image` takes them: `name=new:tag@digest`.
    Images,
    /// Entries over those with the same key.
    Merge,
}

/// A field of a kustomization that stands elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Addition<'a> {
    /// Name of the field in a kustomization.
    pub field: &'static str,
    /// How it joins.
    pub how: How,
    /// Its value, where it stands.
    pub value: NodeRef<'a>,
}

/// Everything that is said about a kustomization elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Additions<'a> {
    /// Fields, in order.
    pub fields: Vec<Addition<'a>>,
    /// `resources` of a folder that has no kustomization of its own.
    pub resources: Option<Vec<String>>,
    /// Options beside `pairs` of an entry of `labels`, where labels are among the fields as `labels`.
    pub include_templates: bool,
    /// Labels of the objects themselves, put on in the end.
    pub labels: Option<NodeRef<'a>>,
    /// Annotations of the objects themselves, put on in the end.
    pub annotations: Option<NodeRef<'a>>,
}

/// A value with its places.
pub(crate) fn read(value: NodeRef<'_>) -> Result<Node, Fault> {
    let source = value.document().source();
    let mut node = Node::read(value, source, Role::Overlay, Reading::Kubectl)
        .map_err(|(span, message)| Fault::at(source, span, message))?;
    // The value of a field counts from its key, as a person looks at it.
    if let Some(entry) = value.document().entry_of(value.id())
        && !matches!(node.data, Data::Map(_) | Data::List(_))
    {
        node.trail = Trail::at(source, entry.span(), entry.key_span(), Role::Overlay);
    }
    Ok(node)
}

/// The kustomization that a folder without one is taken to have.
pub(crate) fn generated(resources: &[String]) -> Kustomization {
    let trail = Trail::default();
    let items = resources.iter().map(|path| Node::string(path.as_str(), &trail)).collect();
    let list = Node { data: Data::List(items), trail: trail.clone() };
    let node = Node { data: Data::Map(vec![("resources".to_owned(), list)]), trail };
    Kustomization { node, file: NAMES[0], is_component: false }
}

/// Puts the fields into a kustomization.
pub(crate) fn apply(node: &mut Node, additions: &Additions<'_>) -> Result<(), Fault> {
    for addition in &additions.fields {
        let value = read(addition.value)?;
        match addition.how {
            How::Set => put(node, addition.field, value),
            How::Append if addition.field == "labels" => {
                let trail = value.trail.clone();
                let text = additions.include_templates.to_string();
                let flag = Node::scalar(Scalar { text, tag: Tag::Bool, quoted: false }, &trail);
                let entry = vec![("pairs".to_owned(), value), ("includeTemplates".to_owned(), flag)];
                push(node, "labels", vec![Node { data: Data::Map(entry), trail }]);
            }
            How::Append => push(node, addition.field, value.items().to_vec()),
            How::ByName => value.items().iter().for_each(|item| replace(node, addition.field, item.clone())),
            How::Images => {
                for item in value.items() {
                    replace(node, "images", image(item));
                }
            }
            How::Merge => {
                for (key, item) in value.entries() {
                    let trail = value.trail.clone();
                    if let Some(map) = node.child_map(addition.field, &trail) {
                        put(map, key, item.clone());
                    }
                }
            }
        }
    }
    Ok(())
}

/// Sets a field without a trace of what was there: nobody edits that.
fn put(node: &mut Node, key: &str, value: Node) {
    let Data::Map(entries) = &mut node.data else { return };
    match entries.iter_mut().find(|(name, _)| name == key) {
        Some((_, old)) => *old = value,
        None => entries.push((key.to_owned(), value)),
    }
}

fn push(node: &mut Node, key: &str, mut items: Vec<Node>) {
    let Data::Map(entries) = &mut node.data else { return };
    match entries.iter_mut().find(|(name, _)| name == key) {
        Some((_, Node { data: Data::List(known), .. })) => known.append(&mut items),
        Some((_, old)) => old.data = Data::List(items),
        None => {
            let trail = items.first().map(|item| item.trail.clone()).unwrap_or_default();
            entries.push((key.to_owned(), Node { data: Data::List(items), trail }));
        }
    }
}

/// Puts an item in the place of the one with its name.
fn replace(node: &mut Node, key: &str, item: Node) {
    let name = |node: &Node| node.get("name").and_then(Node::text).map(str::to_owned);
    let wanted = name(&item);
    if let Data::Map(entries) = &mut node.data
        && let Some((_, Node { data: Data::List(known), .. })) = entries.iter_mut().find(|(field, _)| field == key)
        && let Some(old) = known.iter_mut().find(|old| name(old) == wanted)
    {
        *old = item;
        return;
    }
    push(node, key, vec![item]);
}

/// `name=new:tag@digest` as an entry of `images`.
fn image(item: &Node) -> Node {
    let text = item.text().unwrap_or_default();
    let (name, rest) = text.split_once('=').map_or((None, text), |(name, rest)| (Some(name), rest));
    let (rest, digest) = rest.split_once('@').map_or((rest, ""), |(rest, digest)| (rest, digest));
    let last = rest.rfind('/').map_or(0, |at| at + 1);
    let (image, tag) = match rest.get(last..).and_then(|part| part.rfind(':')) {
        Some(at) => (rest.get(..last + at).unwrap_or_default(), rest.get(last + at + 1..).unwrap_or_default()),
        None => (rest, ""),
    };
    let mut entries = Vec::new();
    let mut field = |key: &str, text: &str| {
        if !text.is_empty() {
            entries.push((key.to_owned(), Node::string(text, &item.trail)));
        }
    };
    field("name", name.unwrap_or(image));
    if name.is_some() {
        field("newName", image);
    }
    field("newTag", tag);
    field("digest", digest);
    Node { data: Data::Map(entries), trail: item.trail.clone() }
}
