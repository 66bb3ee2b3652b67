//! An edit of a node that a kustomization built to the text that wrote it: a base's manifest, a patch, a field of a
//! kustomization.
//!
//! The last link of a node's chain is the entry or item that a person edits, in the text as it was read. Inline patches
//! stand in a block scalar of the kustomization: there the text around is blanked, so that what is left reads as the
//! patch and every byte is where it was.

use super::said::{Own, Said, blanked};
use crate::expect::Expected;
use crate::lower::Plan;
use crate::refuse::Refusal;
use crate::text::{Change, apply};
use ironclad_model::{Edit, Link, Place, Role};
use ironclad_tree::{Document, Kind, Limits, NodeId, NodeRef, Source, Span, Style, parse};
use std::sync::Arc;

/// A node where it is written.
struct Written {
    /// All documents of the text, or of the patch in it.
    documents: Vec<Document>,
    /// Which of them.
    at: usize,
    node: NodeId,
}

/// The changes of one text that an edit of a built node is. `built` is that node.
pub(super) fn lower(
    link: &Link,
    built: NodeRef<'_>,
    place: &Place,
    edit: &Edit,
    limits: &Limits,
) -> Result<(Vec<Change>, Option<Own>), Refusal> {
    let written = find(&link.source, link.span, built, limits, true).ok_or_else(|| unfound(link))?;
    let document = written.documents.get(written.at).ok_or_else(|| unfound(link))?;
    let node = document.node(written.node);
    let edits = match field_of_list(document, node).filter(|_| link.role == Role::Overlay) {
        Some("replicas") => vec![rewritten(edit, child(node, "count"))?],
        Some("images" | "imageTags") => image(node, edit)?,
        _ => vec![same(document, node, place, edit).ok_or_else(|| unfound(link))?],
    };
    let mut plan = Plan::new(document);
    for edit in &edits {
        plan.add(edit)?;
    }
    let lowered = plan.lower()?;
    if lowered.shared {
        return Err(Refusal::alias("the value is shared through an anchor"));
    }
    let expected = Expected::of(&plan, &lowered)?;
    let text = apply(document.source().text(), &lowered.changes);
    let after = parse(&Source::new(Arc::clone(link.source.name()), text), limits).documents;
    let reads = after.len() == written.documents.len()
        && after.iter().zip(&written.documents).enumerate().all(|(index, (new, old))| {
            if index == written.at { expected.matches(new) } else { new.root().eq_value(old.root()) }
        });
    if !reads {
        return Err(Refusal::unproved(false));
    }
    // An Application, and Flux's objects, may hold the patch.
    let said = Said::read(&link.source, link.span, limits);
    let own = said.filter(|said| said.values().root().eq_value(document.root())).map(|said| said.own(edits));
    Ok((lowered.changes, own))
}

fn unfound(link: &Link) -> Refusal {
    let at = link.source.position(link.span.start);
    let (what, name) = (link.role.as_str(), link.source.name());
    Refusal::printed(format!("the {what} at {name}:{} does not hold it as it is", at.line))
}

/// The edit of the node itself.
fn same(document: &Document, node: NodeRef<'_>, place: &Place, edit: &Edit) -> Option<Edit> {
    if !place.missing.is_empty() && !matches!(node.kind(), Kind::Mapping | Kind::Null) {
        return None;
    }
    let own = |id: NodeId| Place { node: id, missing: place.missing.clone(), part: None };
    Some(match edit {
        // What a JSON patch put there goes with its operation.
        Edit::Remove(_) => Edit::Remove(own(operation(document, node).unwrap_or(node.id()))),
        Edit::Set(_, json) => Edit::Set(own(node.id()), json.clone()),
        Edit::Append(_, json) => Edit::Append(own(node.id()), json.clone()),
        Edit::Rename(_, name) => Edit::Rename(own(node.id()), name.clone()),
        Edit::Ask(..) | Edit::Sort(_) | Edit::Text(..) | Edit::Create(_) => return None,
    })
}

/// The operation of a JSON patch whose `value` this is.
fn operation(document: &Document, node: NodeRef<'_>) -> Option<NodeId> {
    document.entry_of(node.id()).filter(|entry| entry.key() == "value")?;
    let item = document.parent(node.id())?;
    let has = |name: &str| item.get_str(name).is_some();
    (has("op") && has("path")).then_some(item.id())
}

/// The key of the list in which this is an item.
fn field_of_list<'d>(document: &'d Document, node: NodeRef<'_>) -> Option<&'d str> {
    let list = document.parent(node.id()).filter(|parent| parent.kind() == Kind::Sequence)?;
    document.entry_of(list.id()).map(|entry| entry.key())
}

/// A field of a mapping, there or missing.
fn child(node: NodeRef<'_>, name: &str) -> Place {
    match node.get_str(name) {
        Some(entry) => Place { node: entry.value().id(), missing: Vec::new(), part: None },
        None => Place::missing(node, name),
    }
}

fn rewritten(edit: &Edit, place: Place) -> Result<Edit, Refusal> {
    match edit {
        Edit::Set(_, json) => Ok(Edit::Set(place, json.clone())),
        _ => Err(Refusal::printed("a field of the kustomization sets it")),
    }
}

/// An entry of `images`, so that it makes this reference.
fn image(item: NodeRef<'_>, edit: &Edit) -> Result<Vec<Edit>, Refusal> {
    let Edit::Set(_, json) = edit else { return Err(Refusal::printed("`images` of the kustomization sets it")) };
    let wanted = match crate::Value::parse(json) {
        Some(crate::Value::Text(text)) => text,
        _ => return Err(Refusal::value("an image is a text")),
    };
    let (rest, digest) = match wanted.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (wanted.as_str(), None),
    };
    let slash = rest.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match rest.get(slash..).and_then(|last| last.find(':')) {
        Some(colon) => (rest.get(..slash + colon).unwrap_or_default(), rest.get(slash + colon + 1..)),
        None => (rest, None),
    };
    let text = |field: &str| item.get_str(field).and_then(|entry| entry.value().text());
    let known = text("newName").filter(|name| !name.is_empty()).or_else(|| text("name"));
    let mut edits = Vec::new();
    if known != Some(name) {
        edits.push(Edit::Set(child(item, "newName"), crate::print::quoted(name)));
    }
    for (field, value) in [("newTag", tag), ("digest", digest)] {
        match value {
            Some(value) => edits.push(Edit::Set(child(item, field), crate::print::quoted(value))),
            None if item.get_str(field).is_some() => edits.push(Edit::Remove(child(item, field))),
            None => {}
        }
    }
    Ok(edits)
}

/// The node whose entry, item or value is exactly this span; of several, the one most like the built one.
fn find(source: &Arc<Source>, span: Span, built: NodeRef<'_>, limits: &Limits, outer: bool) -> Option<Written> {
    let documents = parse(source, limits).documents;
    let key = built.document().entry_of(built.id()).map(|entry| entry.key());
    let mut best: Option<(usize, usize, NodeId)> = None;
    for (at, document) in documents.iter().enumerate() {
        for node in document.nodes() {
            let entry = document.entry_of(node.id());
            if node.span() != span && entry.is_none_or(|entry| entry.span() != span) {
                continue;
            }
            let likeness = 2 * usize::from(node.kind() == built.kind()) + usize::from(entry.map(|e| e.key()) == key);
            if best.is_none_or(|(known, ..)| likeness > known) {
                best = Some((likeness, at, node.id()));
            }
        }
    }
    if let Some((_, at, node)) = best {
        return Some(Written { documents, at, node });
    }
    if !outer {
        return None;
    }
    let block = documents.iter().flat_map(|document| document.nodes()).find(|node| {
        let own = node.span();
        node.style() == Style::Literal && own.start <= span.start && span.end <= own.end
    })?;
    find(&blanked(source, block.span())?, span, built, limits, false)
}
