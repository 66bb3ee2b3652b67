//! Values that stand in an object: in an Application, a HelmRelease, a ConfigMap. An edit of one is an edit of that object
//! too, which then is what it was but for it.
//!
//! A chart is given values by a file, by a mapping of an object (`valuesObject`, `values` of a HelmRelease), by a text in
//! one (`values: |`, `data` of a ConfigMap), or by a parameter. The text around a block is blanked, so that what is left
//! reads as values and every byte is where it was.

use crate::expect::Expected;
use crate::lower::Plan;
use crate::refuse::Refusal;
use crate::value::Value;
use ironclad_model::{Edit, Place};
use ironclad_tree::{Document, Kind, Limits, NodeId, NodeRef, Source, Span, Step, Style, parse};
use std::sync::Arc;

/// A text with values in it, read.
pub(super) struct Said {
    /// The document of the text.
    outer: Document,
    /// Where this document begins.
    start: u32,
    /// The block of it that holds the values, and these.
    block: Option<(NodeId, Document)>,
}

/// Edits of an object that says values.
#[derive(Clone, Debug)]
pub(super) struct Own {
    outer: Arc<Document>,
    start: u32,
    block: Option<(NodeId, Arc<Document>)>,
    edits: Vec<Edit>,
}

impl Said {
    /// Reads the text around a place in it. `own` keeps the object, so that what becomes of it can be expected.
    pub(super) fn read(source: &Arc<Source>, span: Span, limits: &Limits) -> Option<Said> {
        let mut documents = parse(source, limits).documents;
        let at = documents.iter().rposition(|document| document.root().span().start <= span.start).unwrap_or(0);
        let own = documents.drain(..).nth(at)?;
        let start = own.root().span().start;
        let holds = |node: &NodeRef<'_>| node.span().start < span.start && span.end <= node.span().end;
        let block = own.nodes().filter(|node| node.style() == Style::Literal).find(holds);
        let block = match block.map(|node| (node.id(), node.span())) {
            Some((id, place)) => {
                let inner = parse(&blanked(source, place)?, limits).documents;
                Some((id, inner.into_iter().next()?))
            }
            None => None,
        };
        Some(Said { outer: own, start, block })
    }

    /// The document that holds the values as nodes.
    pub(super) fn values(&self) -> &Document {
        self.block.as_ref().map_or(&self.outer, |(_, inner)| inner)
    }

    /// Values as a text that is known as a whole only: in quotes, folded, or filled by a template. No bytes of it are bytes
    /// of values; its style says which it is.
    pub(super) fn whole_text(&self, span: Span) -> Option<Style> {
        let inside = |node: &NodeRef<'_>| {
            let own = self.outer.entry_of(node.id()).map_or(node.span(), |entry| entry.span());
            node.kind() == Kind::String && own.start <= span.start && span.end <= own.end
        };
        let node = self.outer.nodes().find(inside).filter(|_| self.block.is_none())?;
        let path = self.outer.path_to(node.id());
        let is_values = matches!(path.as_slice(), [.., Step::Key("helm"), Step::Key("values")])
            || self.kind() == Some("ConfigMap") && node.as_str().is_some_and(|text| text.contains('\n'));
        is_values.then(|| node.style())
    }

    /// Where only a text may stand: a parameter of an Application, an entry of a ConfigMap.
    pub(super) fn is_text_only(&self, node: NodeRef<'_>) -> bool {
        if self.block.is_some() || node.kind() != Kind::String {
            return false;
        }
        self.parameter(node).is_some() || self.kind() == Some("ConfigMap")
    }

    fn kind(&self) -> Option<&str> {
        self.outer.root().get_str("kind").and_then(|entry| entry.value().as_str())
    }

    /// The entry of `parameters` whose value this is: it goes as a whole.
    pub(super) fn parameter(&self, node: NodeRef<'_>) -> Option<NodeId> {
        // In a values file, a list of this name may be anything.
        self.kind().filter(|kind| ["Application", "ApplicationSet"].contains(kind))?;
        let path = self.outer.path_to(node.id());
        let [.., Step::Key("parameters"), Step::Index(_), Step::Key("value")] = path.as_slice() else { return None };
        self.block.is_none().then(|| self.outer.parent(node.id())).flatten().map(|item| item.id())
    }

    /// What the edit makes of the object.
    pub(super) fn own(self, edits: Vec<Edit>) -> Own {
        let block = self.block.map(|(id, inner)| (id, Arc::new(inner)));
        Own { outer: Arc::new(self.outer), start: self.start, block, edits }
    }
}

impl Own {
    fn is_of(&self, other: &Own) -> bool {
        self.start == other.start && self.outer.source().name() == other.outer.source().name()
    }
}

/// What an object must be after the edits of what it says.
pub(super) struct OwnExpected {
    outer: Arc<Document>,
    start: u32,
    /// The object, with nothing in the place of each block.
    value: Value,
    /// The blocks, and what they must say.
    blocks: Vec<(Vec<Part>, Expected)>,
}

/// A step on the way to a node, of no document.
enum Part {
    Key(String),
    Index(usize),
}

impl OwnExpected {
    /// One for each object among these.
    pub(super) fn of_all<'o>(all: impl Iterator<Item = &'o Own>) -> Result<Vec<OwnExpected>, Refusal> {
        let all: Vec<&Own> = all.collect();
        let mut expected: Vec<OwnExpected> = Vec::new();
        for first in &all {
            if expected.iter().any(|known| known.is(&first.outer, first.start)) {
                continue;
            }
            let same: Vec<&&Own> = all.iter().filter(|own| own.is_of(first)).collect();
            let plain = same.iter().filter(|own| own.block.is_none()).flat_map(|own| &own.edits);
            let value = planned(&first.outer, plain)?.document;
            let mut done =
                OwnExpected { outer: Arc::clone(&first.outer), start: first.start, value, blocks: Vec::new() };
            let mut seen: Vec<NodeId> = Vec::new();
            for (block, inner) in same.iter().filter_map(|own| own.block.as_ref()) {
                if seen.contains(block) {
                    continue;
                }
                seen.push(*block);
                let edits = same.iter().filter(|own| own.block.as_ref().is_some_and(|(id, _)| id == block));
                let edits = edits.flat_map(|own| &own.edits);
                let part = |step: &Step<'_>| match step {
                    Step::Key(key) => Part::Key((*key).to_owned()),
                    Step::Index(index) => Part::Index(*index),
                };
                let path: Vec<Part> = first.outer.path_to(*block).iter().map(part).collect();
                take(&mut done.value, &path);
                done.blocks.push((path, planned(inner, edits)?));
            }
            expected.push(done);
        }
        Ok(expected)
    }

    fn is(&self, document: &Document, start: u32) -> bool {
        self.start == start && self.outer.source().name() == document.source().name()
    }

    /// Is this the object, as it was?
    pub(super) fn is_about(&self, old: &Document) -> bool {
        self.is(old, old.root().span().start)
    }

    /// Is the object exactly what the edits mean?
    pub(super) fn matches(&self, new: &Document) -> bool {
        let Some(mut value) = Value::of(new.root()) else { return false };
        let blocks_match = self.blocks.iter().all(|(path, expected)| {
            let Some(Value::Text(text)) = take(&mut value, path) else { return false };
            let inner = parse(&Source::new("values", text), &Limits::default()).documents;
            matches!(inner.as_slice(), [one] if expected.matches(one))
        });
        blocks_match && value == self.value
    }
}

/// What a document becomes; an edit that is there twice is one.
fn planned<'e>(document: &Document, edits: impl Iterator<Item = &'e Edit>) -> Result<Expected, Refusal> {
    let mut plan = Plan::new(document);
    let mut known: Vec<&Edit> = Vec::new();
    for edit in edits {
        if !known.contains(&edit) {
            plan.add(edit)?;
            known.push(edit);
        }
    }
    Expected::of(&plan, &plan.lower()?)
}

/// Takes the value at a path away.
fn take(value: &mut Value, path: &[Part]) -> Option<Value> {
    let place = path.iter().try_fold(value, |value, part| match (value, part) {
        (Value::Map(entries), Part::Key(key)) => entries.iter_mut().find(|(known, _)| known == key).map(|(_, v)| v),
        (Value::List(items), Part::Index(index)) => items.get_mut(*index),
        _ => None,
    })?;
    Some(std::mem::replace(place, Value::Null))
}

/// The text with blanks in place of all but the lines of a block scalar.
pub(super) fn blanked(source: &Arc<Source>, scalar: Span) -> Option<Arc<Source>> {
    let text = source.text();
    let first = scalar.start as usize + text.get(scalar.start as usize..)?.find('\n')? + 1;
    let inside = first..scalar.end as usize;
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if inside.contains(&at) || matches!(c, '\n' | '\r') {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n(' ', c.len_utf8()));
        }
    }
    Some(Source::new(Arc::clone(source.name()), out))
}

/// The same edit of another node.
pub(super) fn moved(edit: &Edit, place: Place, text_only: bool) -> Option<Edit> {
    let json = |json: &String| match text_only {
        true if !json.starts_with('"') => crate::print::quoted(json),
        _ => json.clone(),
    };
    Some(match edit {
        Edit::Remove(_) => Edit::Remove(place),
        Edit::Set(_, value) => Edit::Set(place, json(value)),
        Edit::Append(_, value) => Edit::Append(place, value.clone()),
        Edit::Rename(_, name) => Edit::Rename(place, name.clone()),
        Edit::Ask(..) | Edit::Sort(_) | Edit::Text(..) | Edit::Create(_) => return None,
    })
}
