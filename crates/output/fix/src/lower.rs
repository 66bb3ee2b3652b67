//! Edits on nodes become replacements of bytes.
//!
//! A [`Plan`] collects the edits of one document as the API server would see them, in terms of its nodes; edits that
//! create the same parent are merged here. [`Plan::lower`] then asks where each node's text is: in the place itself, or
//! behind an alias or merge key in an anchor that others may use. [`Expected`](crate::Expected) tells afterwards
//! whether the others agree.

mod emit;
mod layout;
mod remove;
mod sort;

use crate::refuse::Refusal;
use crate::text::{Change, Lines, Planned, settle};
use crate::value::Value;
use ironclad_model::{Edit, Place};
use ironclad_tree::{Document, Kind, NodeId, NodeRef, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Fields that mean nothing when they are empty: they go with their last entry. Elsewhere `{}` may say something
/// (`emptyDir: {}`, `podSelector: {}`) and stays.
const PRUNED: &[&str] = &[
    "add",
    "annotations",
    "appArmorProfile",
    "capabilities",
    "drop",
    "env",
    "externalIPs",
    "hostAliases",
    "labels",
    "lifecycle",
    "limits",
    "ports",
    "requests",
    "resources",
    "seLinuxOptions",
    "seccompProfile",
    "securityContext",
    "supplementalGroups",
    "sysctls",
    "windowsOptions",
];

/// The edits of one document.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    document: &'a Document,
    /// What a node becomes.
    pub(crate) sets: BTreeMap<NodeId, Value>,
    /// Entries that a mapping, or a null that becomes one, gets.
    pub(crate) inserts: BTreeMap<NodeId, Value>,
    /// Items that a sequence gets.
    pub(crate) appends: BTreeMap<NodeId, Vec<Value>>,
    /// Values whose entries or items go.
    pub(crate) removed: BTreeSet<NodeId>,
    /// Values whose keys change.
    pub(crate) renames: BTreeMap<NodeId, String>,
    sorts: BTreeSet<NodeId>,
    texts: BTreeSet<(Span, String)>,
    /// Objects that follow the document.
    pub(crate) creates: Vec<Value>,
}

/// What a plan is in bytes.
#[derive(Clone, Debug, Default)]
pub struct Lowered {
    /// In order, without overlap.
    pub changes: Vec<Change>,
    /// Collections that went with their last entry, by the nodes in whose text they were.
    pub(crate) pruned: BTreeSet<NodeId>,
    /// Text behind an alias or merge key changes, or text that an alias repeats.
    pub shared: bool,
}

/// The replacements that these edits of one document are.
pub fn lower(document: &Document, edits: &[Edit]) -> Result<Vec<Change>, Refusal> {
    let mut plan = Plan::new(document);
    for edit in edits {
        plan.add(edit)?;
    }
    plan.lower().map(|lowered| lowered.changes)
}

impl<'a> Plan<'a> {
    /// No edit yet.
    pub fn new(document: &'a Document) -> Plan<'a> {
        Plan {
            document,
            sets: BTreeMap::new(),
            inserts: BTreeMap::new(),
            appends: BTreeMap::new(),
            removed: BTreeSet::new(),
            renames: BTreeMap::new(),
            sorts: BTreeSet::new(),
            texts: BTreeSet::new(),
            creates: Vec::new(),
        }
    }

    /// Is there nothing to do?
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
            && self.inserts.is_empty()
            && self.appends.is_empty()
            && self.removed.is_empty()
            && self.renames.is_empty()
            && self.sorts.is_empty()
            && self.texts.is_empty()
            && self.creates.is_empty()
    }

    /// The document that it is about.
    pub fn document(&self) -> &'a Document {
        self.document
    }

    /// Adds an edit. What contradicts an earlier one is refused, and the plan is then of no use.
    pub fn add(&mut self, edit: &Edit) -> Result<(), Refusal> {
        match edit {
            Edit::Set(place, json) => {
                let value = value(json)?;
                let node = self.node(place);
                if place.missing.is_empty() {
                    return self.set(node, value);
                }
                self.insert(node, value.below(place.missing.iter().map(String::as_str)))
            }
            Edit::Append(place, json) => {
                let value = value(json)?;
                let node = self.node(place);
                if !place.missing.is_empty() {
                    return self.insert(node, Value::List(vec![value]).below(place.missing.iter().map(String::as_str)));
                }
                match node.kind() {
                    Kind::Sequence => {
                        let items = self.appends.entry(node.id()).or_default();
                        if !items.contains(&value) {
                            items.push(value);
                        }
                        Ok(())
                    }
                    Kind::Null => self.set(node, Value::List(vec![value])),
                    _ => Err(Refusal::shape("the place is no list")),
                }
            }
            Edit::Remove(place) if !place.missing.is_empty() => Ok(()),
            Edit::Remove(place) => {
                if place.node == NodeId::ROOT {
                    return Err(Refusal::shape("the whole document would go"));
                }
                self.removed.insert(place.node);
                Ok(())
            }
            Edit::Rename(place, key) => {
                let entry = self.document.entry_of(place.node).filter(|_| place.missing.is_empty());
                let entry = entry.ok_or_else(|| Refusal::shape("there is no key to rename"))?;
                if entry.merged() {
                    return Err(Refusal::alias("the key comes through a merge key"));
                }
                match self.renames.insert(place.node, key.clone()) {
                    Some(other) if other != *key => Err(Refusal::conflict()),
                    _ => Ok(()),
                }
            }
            Edit::Sort(place) => {
                self.sorts.insert(place.node);
                Ok(())
            }
            Edit::Text(span, text) => {
                self.texts.insert((*span, text.clone()));
                Ok(())
            }
            Edit::Create(json) => {
                let value = value(json)?;
                if !self.creates.contains(&value) {
                    self.creates.push(value);
                }
                Ok(())
            }
            Edit::Ask(..) => Err(Refusal::value("no value was given")),
        }
    }

    fn node(&self, place: &Place) -> NodeRef<'a> {
        self.document.node(place.node)
    }

    /// The smallest edits that make a node this value.
    fn set(&mut self, node: NodeRef<'a>, value: Value) -> Result<(), Refusal> {
        match (node.kind(), value) {
            (Kind::Mapping, Value::Map(wanted)) if !wanted.is_empty() && !node.is_empty() => {
                for entry in node.entries() {
                    if !wanted.iter().any(|(key, _)| key == entry.key()) {
                        self.removed.insert(entry.value().id());
                    }
                }
                for (key, value) in wanted {
                    match node.get_str(&key) {
                        Some(entry) => self.set(entry.value(), value)?,
                        None => self.insert(node, Value::Map(vec![(key, value)]))?,
                    }
                }
                Ok(())
            }
            (Kind::Sequence, Value::List(wanted)) if !wanted.is_empty() && !node.is_empty() => {
                let count = wanted.len();
                let mut wanted = wanted.into_iter();
                for (item, value) in node.items().zip(wanted.by_ref()) {
                    self.set(item, value)?;
                }
                self.removed.extend(node.items().skip(count).map(|item| item.id()));
                let rest: Vec<Value> = wanted.collect();
                if !rest.is_empty() {
                    self.appends.entry(node.id()).or_default().extend(rest);
                }
                Ok(())
            }
            (_, value) => {
                if Value::of(node).as_ref() == Some(&value) {
                    return Ok(());
                }
                match self.sets.get(&node.id()) {
                    Some(other) if *other != value => Err(Refusal::conflict()),
                    Some(_) => Ok(()),
                    None => {
                        self.sets.insert(node.id(), value);
                        Ok(())
                    }
                }
            }
        }
    }

    /// New entries of a mapping; together with those that other edits want there.
    fn insert(&mut self, node: NodeRef<'a>, entries: Value) -> Result<(), Refusal> {
        if !matches!(node.kind(), Kind::Mapping | Kind::Null) {
            return Err(Refusal::shape("a field is wanted below what is no mapping"));
        }
        let merged = match self.inserts.remove(&node.id()) {
            Some(known) => known.merge(entries).ok_or_else(Refusal::conflict)?,
            None => entries,
        };
        self.inserts.insert(node.id(), merged);
        Ok(())
    }

    /// The bytes that change.
    pub fn lower(&self) -> Result<Lowered, Refusal> {
        let mut work = Work {
            document: self.document,
            lines: Lines { text: self.document.source().text() },
            planned: Vec::new(),
            shared: false,
            sets: BTreeMap::new(),
            inserts: BTreeMap::new(),
            appends: BTreeMap::new(),
            groups: BTreeMap::new(),
            renames: BTreeMap::new(),
        };
        work.place(self)?;
        let pruned = work.remove_all()?;
        work.emit()?;
        for id in &self.sorts {
            work.sort(self.document.node(*id))?;
        }
        for (span, text) in &self.texts {
            work.text(*span, text);
        }
        for value in &self.creates {
            work.create(value);
        }
        Ok(Lowered { changes: settle(work.planned)?, pruned, shared: work.shared })
    }
}

fn value(json: &str) -> Result<Value, Refusal> {
    Value::parse(json).ok_or_else(|| Refusal::value(format!("`{json}` cannot be read as a value")))
}

/// A plan in terms of the nodes whose text it changes.
struct Work<'a> {
    document: &'a Document,
    lines: Lines<'a>,
    planned: Vec<Planned>,
    shared: bool,
    sets: BTreeMap<NodeId, Value>,
    inserts: BTreeMap<NodeId, Value>,
    appends: BTreeMap<NodeId, Vec<Value>>,
    /// Children that go, by their collection.
    groups: BTreeMap<NodeId, BTreeSet<usize>>,
    renames: BTreeMap<NodeId, String>,
}

impl<'a> Work<'a> {
    fn node(&self, id: NodeId) -> NodeRef<'a> {
        self.document.node(id)
    }

    /// Finds the text of everything that the plan is about.
    fn place(&mut self, plan: &Plan<'_>) -> Result<(), Refusal> {
        for (&id, value) in &plan.sets {
            let node = self.slot(id);
            let merged = self.document.entry_of(node).filter(|entry| entry.merged());
            match merged {
                // An entry of its own behind the merge key wins over what that brings.
                Some(entry) => {
                    let mapping = self.document.parent_step(node).map_or(NodeId::ROOT, |(parent, _)| parent);
                    let entries = Value::Map(vec![(entry.key().to_owned(), value.clone())]);
                    self.insert(mapping, entries)?;
                }
                None => match self.sets.insert(node, value.clone()) {
                    Some(other) if other != *value => return Err(Refusal::alias(DISAGREE)),
                    _ => self.shared |= self.is_repeated(node),
                },
            }
        }
        for (&id, value) in &plan.inserts {
            let mapping = self.shared_text(id);
            self.insert(mapping, value.clone())?;
        }
        for (&id, values) in &plan.appends {
            let sequence = self.shared_text(id);
            match self.appends.insert(sequence, values.clone()) {
                Some(other) if other != *values => return Err(Refusal::alias(DISAGREE)),
                _ => {}
            }
        }
        for &id in &plan.removed {
            let mut node = self.slot(id);
            if self.document.entry_of(node).is_some_and(|entry| entry.merged()) {
                let origin = self.document.original(node);
                if origin == node {
                    return Err(Refusal::alias("the field comes through a merge key"));
                }
                self.shared = true;
                node = origin;
            }
            let Some((parent, index)) = self.document.parent_step(node) else {
                return Err(Refusal::alias("the field comes through a merge key"));
            };
            self.shared |= self.is_repeated(parent);
            self.groups.entry(parent).or_default().insert(index);
        }
        for (&id, key) in &plan.renames {
            let node = self.slot(id);
            self.shared |= self.document.parent(node).is_some_and(|parent| self.is_repeated(parent.id()));
            if self.renames.insert(node, key.clone()).is_some_and(|other| other != *key) {
                return Err(Refusal::alias(DISAGREE));
            }
        }
        Ok(())
    }

    fn insert(&mut self, mapping: NodeId, entries: Value) -> Result<(), Refusal> {
        let merged = match self.inserts.remove(&mapping) {
            Some(known) => known.merge(entries).ok_or_else(|| Refusal::alias(DISAGREE))?,
            None => entries,
        };
        self.inserts.insert(mapping, merged);
        Ok(())
    }

    /// The node in whose place a value is written: in a copy, that of the anchor's text.
    fn slot(&mut self, id: NodeId) -> NodeId {
        let Some((parent, index)) = self.document.parent_step(id) else { return id };
        let origin = self.document.original(parent);
        if origin == parent {
            return id;
        }
        self.shared = true;
        self.child(origin, index).unwrap_or(id)
    }

    fn child(&self, collection: NodeId, index: usize) -> Option<NodeId> {
        let node = self.node(collection);
        let child = match node.kind() {
            Kind::Mapping => node.entries().nth(index).map(|entry| entry.value()),
            _ => node.items().nth(index),
        };
        child.map(|child| child.id())
    }

    /// The collection in whose text the content of this one lies.
    fn shared_text(&mut self, id: NodeId) -> NodeId {
        let origin = self.document.original(id);
        self.shared |= origin != id || self.is_repeated(origin);
        origin
    }

    /// Does an alias repeat this text?
    fn is_repeated(&self, id: NodeId) -> bool {
        let span = self.node(id).content_span();
        self.document.aliases().iter().any(|alias| alias.anchor.start <= span.start && span.end <= alias.anchor.end)
            && !self.node(id).is_alias()
    }

    fn push(&mut self, start: usize, end: usize, text: impl Into<String>, column: usize) {
        let span = Span { start: start as u32, end: end as u32 };
        self.planned.push(Planned { change: Change { span, text: text.into() }, column });
    }

    /// A replacement of text that is not a node's: a comment goes with its line, or with the blanks before it.
    fn text(&mut self, span: Span, text: &str) {
        let (start, end) = (span.start as usize, span.end as usize);
        if !text.is_empty() {
            return self.push(start, end, text, 0);
        }
        if self.lines.begins_line(start) && self.lines.trimmed(start, self.lines.end(start)) <= end {
            return self.cut_lines(self.lines.start(start), self.lines.next(end));
        }
        let from = self.lines.trimmed(self.lines.start(start), start);
        self.push(from, end, "", 0);
    }

    /// Removes whole lines. The last line of a text without a break at its end takes the break before it along.
    fn cut_lines(&mut self, start: usize, end: usize) {
        let unbroken = end == self.lines.text.len() && !self.lines.text.ends_with(['\n', '\r']);
        let start = if unbroken && start > 0 { self.lines.end(self.lines.before(start)) } else { start };
        self.push(start, end, "", 0);
    }
}

const DISAGREE: &str = "the value is shared through an anchor, and its users want different things";
