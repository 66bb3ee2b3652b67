//! A document: nodes, and views of them.

use crate::node::{Entry, NodeRef};
use crate::symbol::LocalNames;
use crate::{Source, Span, Symbol};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Index of a node in its document. Numbered in the order of the text: a collection before its content.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The root of every document.
    pub const ROOT: NodeId = NodeId(0);

    /// The number itself.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is to the API server, that is after YAML 1.1 resolution and the way through JSON: `1.0` is an integer.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// `null`, `~`, or nothing.
    Null,
    /// `true`, `yes`, `on` and their kin.
    Bool,
    /// A number that is integral and fits 64 bits with sign.
    Int,
    /// Any other number.
    Float,
    /// Text.
    String,
    /// A list.
    Sequence,
    /// An object.
    Mapping,
}

/// How a node is written.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Style {
    /// A scalar without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection by indentation.
    Block,
    /// A collection in brackets.
    Flow,
    /// Anything in a JSON document.
    Json,
}

const KINDS: [Kind; 8] =
    [Kind::Null, Kind::Bool, Kind::Int, Kind::Float, Kind::String, Kind::Sequence, Kind::Mapping, Kind::Null];
const STYLES: [Style; 8] = [
    Style::Plain,
    Style::SingleQuoted,
    Style::DoubleQuoted,
    Style::Literal,
    Style::Folded,
    Style::Block,
    Style::Flow,
    Style::Json,
];

/// 12 bytes: where it starts, where its content is, and length (23 bits), kind (3), style (3), flags (3).
#[derive(Copy, Clone, Debug)]
pub(crate) struct Node {
    pub(crate) start: u32,
    /// Collections: index of the count in the pool. Scalars with `OWN_TEXT`: index of their text.
    pub(crate) payload: u32,
    meta: u32,
}

pub(crate) const LONG: u32 = (1 << 23) - 1;
const KIND_SHIFT: u32 = 23;
const STYLE_SHIFT: u32 = 26;
/// The root of a copy that stands for `*alias`.
pub(crate) const ALIAS: u32 = 1 << 29;
/// Part of a copy: its text is an anchor's.
pub(crate) const COPY: u32 = 1 << 30;
/// Its text is not a slice of the source.
pub(crate) const OWN_TEXT: u32 = 1 << 31;

impl Node {
    pub(crate) fn new(start: u32, kind: Kind, style: Style) -> Node {
        Node { start, payload: 0, meta: (kind as u32) << KIND_SHIFT | (style as u32) << STYLE_SHIFT }
    }
    pub(crate) fn kind(self) -> Kind {
        KINDS[(self.meta >> KIND_SHIFT & 7) as usize]
    }
    pub(crate) fn style(self) -> Style {
        STYLES[(self.meta >> STYLE_SHIFT & 7) as usize]
    }
    pub(crate) fn short_len(self) -> u32 {
        self.meta & LONG
    }
    pub(crate) fn set_short_len(&mut self, len: u32) {
        self.meta = self.meta & !LONG | len;
    }
    pub(crate) fn has(self, flag: u32) -> bool {
        self.meta & flag != 0
    }
    pub(crate) fn set(&mut self, flag: u32) {
        self.meta |= flag;
    }
    pub(crate) fn clear(&mut self, flags: u32) {
        self.meta &= !flags;
    }
}

/// Marks a mapping entry that a `<<` brought.
pub(crate) const MERGED: u32 = 1 << 31;

/// A comment, from its `#` to the end of the line.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// Where.
    pub span: Span,
    /// Is there nothing but blanks before it on its line?
    pub own_line: bool,
}

/// A key written twice in one mapping: the API server gets the last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Duplicate {
    /// The mapping.
    pub mapping: NodeId,
    /// The key that is lost.
    pub key: Span,
    /// The key that wins.
    pub kept: Span,
    /// The key.
    pub name: String,
}

/// A `*alias`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct AliasUse {
    /// The text `*name`.
    pub span: Span,
    /// The value that the anchor names.
    pub anchor: Span,
    /// The copy.
    pub node: NodeId,
}

/// Facts that the lints of manifests want and nobody else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// Text after a document's end that kubectl never reads.
    LostText(Span),
    /// An unquoted word or number that YAML 1.1 reads otherwise than YAML 1.2: `yes`, `0644`, `0b1`, `1_000`, `08`.
    Yaml11 {
        /// Where.
        span: Span,
        /// As written.
        text: String,
    },
}

/// One document, as the API server would receive it.
#[derive(Debug)]
pub struct Document {
    pub(crate) source: Arc<Source>,
    pub(crate) span: Span,
    pub(crate) nodes: Vec<Node>,
    pub(crate) pool: Vec<u32>,
    pub(crate) texts: Vec<(u32, u32)>,
    pub(crate) arena: String,
    pub(crate) locals: LocalNames,
    pub(crate) long: FxHashMap<u32, u32>,
    pub(crate) key_ends: FxHashMap<u32, u32>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) duplicates: Vec<Duplicate>,
    pub(crate) aliases: Vec<AliasUse>,
    pub(crate) notes: Vec<Note>,
    pub(crate) is_json: bool,
    pub(crate) detached: bool,
    /// Do the children of every collection stand in the order of their numbers? They do unless a `<<` brought some.
    pub(crate) ordered: bool,
    pub(crate) parents: std::sync::OnceLock<Parents>,
}

/// By node: its collection, and which of its children it is.
#[derive(Debug)]
pub(crate) struct Parents {
    of: Vec<(u32, u32)>,
    /// Children looked at.
    steps: usize,
}

const NO_PARENT: (u32, u32) = (u32::MAX, 0);

/// One step of a path.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Step<'a> {
    /// Into a mapping.
    Key(&'a str),
    /// Into a sequence, from 0.
    Index(usize),
}

impl Document {
    /// The text that it is in.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The whole document, from separator to separator.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The root.
    pub fn root(&self) -> NodeRef<'_> {
        self.node(NodeId::ROOT)
    }

    /// A node of this document. An id of another document gives some node, or the root.
    pub fn node(&self, id: NodeId) -> NodeRef<'_> {
        let id = if id.index() < self.nodes.len() { id } else { NodeId::ROOT };
        NodeRef { document: self, id }
    }

    /// Every node, in the order of the text. What a later duplicate replaced is among them.
    pub fn nodes(&self) -> impl Iterator<Item = NodeRef<'_>> {
        (0..self.nodes.len() as u32).map(|id| self.node(NodeId(id)))
    }

    pub(crate) fn data(&self, id: NodeId) -> Node {
        self.nodes.get(id.index()).copied().unwrap_or(Node::new(0, Kind::Null, Style::Plain))
    }

    pub(crate) fn children(&self, id: NodeId) -> &[u32] {
        let node = self.data(id);
        let width = match node.kind() {
            Kind::Sequence => 1,
            Kind::Mapping => 3,
            _ => return &[],
        };
        let at = node.payload as usize;
        let count = self.pool.get(at).copied().unwrap_or(0) as usize;
        self.pool.get(at + 1..at + 1 + count * width).unwrap_or_default()
    }

    /// From the root towards a node: each collection on the way and which of its children comes next. False where the
    /// node is no part of the tree, and then what was visited says nothing. Needs a document in order, where a subtree
    /// is a range of numbers and the way is found by bisection.
    fn descend(&self, id: NodeId, mut visit: impl FnMut(NodeId, usize)) -> bool {
        let mut at = NodeId::ROOT;
        while at != id {
            let width = if self.data(at).kind() == Kind::Mapping { 3 } else { 1 };
            let children = self.children(at);
            let child = |index: usize| children.get(index * width + width - 1).copied();
            let (mut low, mut high) = (0, children.len() / width);
            while low < high {
                let middle = usize::midpoint(low, high);
                if child(middle).is_some_and(|child| child <= id.0) { low = middle + 1 } else { high = middle }
            }
            let Some((index, next)) = low.checked_sub(1).and_then(|index| Some((index, child(index)?))) else {
                return false;
            };
            visit(at, index);
            at = NodeId(next);
        }
        true
    }

    /// Where every node hangs, found out once for a document that is not in order: of a wide list every place asks for
    /// it, and walking its items each time would be quadratic.
    fn parents(&self) -> &Parents {
        self.parents.get_or_init(|| {
            let mut found = Parents { of: vec![NO_PARENT; self.nodes.len()], steps: 0 };
            // In the order of the text: what a merge shares hangs where it is written.
            let mut open = vec![NodeId::ROOT];
            while let Some(parent) = open.pop() {
                let width = if self.data(parent).kind() == Kind::Mapping { 3 } else { 1 };
                let children = self.children(parent).chunks_exact(width);
                found.steps += children.len();
                for (index, child) in children.enumerate().rev() {
                    let Some(&child) = child.last() else { continue };
                    let Some(own) = found.of.get_mut(child as usize) else { continue };
                    // Only the root has no parent, and what is reached twice keeps the earlier one.
                    if child != 0 && (own.0 == NO_PARENT.0 || parent.0 < own.0) {
                        if own.0 == NO_PARENT.0 {
                            open.push(NodeId(child));
                        }
                        *own = (parent.0, index as u32);
                    }
                }
            }
            found
        })
    }

    /// How many children were looked at for the table of parents: none before a document that is not in order is asked,
    /// and at most one a node.
    #[doc(hidden)]
    pub fn parent_steps(&self) -> usize {
        self.parents.get().map_or(0, |parents| parents.steps)
    }

    /// The steps from the root to a node. Of a node that a later duplicate replaced there are none.
    pub fn path_to(&self, id: NodeId) -> Vec<Step<'_>> {
        let step = |parent, index| match self.entry_at(parent, index) {
            Some(entry) => Step::Key(entry.key()),
            None => Step::Index(index),
        };
        self.way_to(id).into_iter().map(|(parent, index)| step(parent, index)).collect()
    }

    /// The collections from the root to a node, and which child of each leads on.
    fn way_to(&self, id: NodeId) -> Vec<(NodeId, usize)> {
        let mut way = Vec::with_capacity(12);
        if self.ordered {
            if !self.descend(id, |parent, index| way.push((parent, index))) {
                way.clear();
            }
            return way;
        }
        let mut at = id;
        while let Some((parent, index)) = self.parent_step(at) {
            way.push((parent, index));
            at = parent;
        }
        way.reverse();
        way
    }

    /// The steps from one node to another below it: the entry, where it is one, and the place in its collection. What a
    /// merge brought from elsewhere counts as if it were as deep below `from`.
    pub fn steps_below(&self, from: NodeId, to: NodeId) -> Vec<(NodeId, Option<Entry<'_>>, usize)> {
        let way = self.way_to(to);
        let above = match way.iter().position(|&(parent, _)| parent == from) {
            Some(above) => above,
            None if to == from => way.len(),
            None => self.way_to(from).len().min(way.len()),
        };
        let below = way.get(above..).unwrap_or_default();
        let reached = below.iter().skip(1).map(|&(parent, _)| parent).chain([to]);
        below.iter().zip(reached).map(|(&(parent, index), at)| (at, self.entry_at(parent, index), index)).collect()
    }

    fn entry_at(&self, mapping: NodeId, index: usize) -> Option<Entry<'_>> {
        if self.data(mapping).kind() != Kind::Mapping {
            return None;
        }
        let &[symbol, key_start, value] = self.children(mapping).get(index * 3..index * 3 + 3)? else { return None };
        Some(Entry { document: self, symbol, key_start, value: NodeId(value) })
    }

    /// The collection that a node is in, and which of its entries or items it is.
    pub fn parent_step(&self, id: NodeId) -> Option<(NodeId, usize)> {
        if self.ordered {
            let mut last = None;
            return self.descend(id, |parent, index| last = Some((parent, index))).then_some(last).flatten();
        }
        let (parent, index) = self.parents().of.get(id.index()).copied().filter(|own| own.0 != NO_PARENT.0)?;
        Some((NodeId(parent), index as usize))
    }

    /// Is the node part of the tree? What a later duplicate replaced is not.
    pub(crate) fn reaches(&self, id: NodeId) -> bool {
        id == NodeId::ROOT || self.parent_step(id).is_some()
    }

    /// The collection that a node is in.
    pub fn parent(&self, id: NodeId) -> Option<NodeRef<'_>> {
        self.parent_step(id).map(|(parent, _)| self.node(parent))
    }

    /// The entry whose value a node is.
    pub fn entry_of(&self, id: NodeId) -> Option<Entry<'_>> {
        let (parent, index) = self.parent_step(id)?;
        self.entry_at(parent, index)
    }

    /// The node whose text a node shares: itself, unless it is part of what an alias stands for.
    pub fn original(&self, id: NodeId) -> NodeId {
        let mut id = id;
        // A copy may hold copies; each step leads to a smaller id.
        while self.data(id).has(COPY) {
            let before = self.aliases.partition_point(|alias| alias.node <= id);
            let mut covering = self.aliases.iter().take(before).rev().filter(|alias| self.last_of(alias.node) >= id);
            let found = covering.find_map(|alias| {
                let anchored = self.anchored(alias)?;
                let inside = NodeId(anchored.0 + (id.0 - alias.node.0));
                (inside < id).then_some(inside)
            });
            match found {
                Some(found) => id = found,
                None => break,
            }
        }
        id
    }

    /// The node that an alias's anchor names: the one in whose text the value lies that the alias repeats.
    fn anchored(&self, alias: &AliasUse) -> Option<NodeId> {
        let kind = self.data(alias.node).kind();
        let fits = |&id: &u32| {
            let node = self.data(NodeId(id));
            let at = self.node(NodeId(id));
            node.start == alias.anchor.start && node.kind() == kind && at.content_span() == alias.anchor
        };
        (0..alias.node.0).find(fits).map(NodeId)
    }

    /// The last node of a subtree: subtrees are contiguous.
    fn last_of(&self, id: NodeId) -> NodeId {
        let mut last = id;
        loop {
            let width = if self.data(last).kind() == Kind::Mapping { 3 } else { 1 };
            let inner = self.children(last).chunks_exact(width).filter_map(|child| child.last()).max();
            match inner {
                Some(&inner) => last = NodeId(inner),
                None => return last,
            }
        }
    }

    /// The name of a symbol of this document.
    pub fn symbol_name(&self, symbol: Symbol) -> &str {
        match symbol.well_known_name() {
            Some(name) => name,
            None => self.locals.get(symbol.0 as usize - crate::names::NAMES.len()),
        }
    }

    /// Its comments, in the order of the text.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// Keys that were written twice.
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// Its aliases.
    pub fn aliases(&self) -> &[AliasUse] {
        &self.aliases
    }

    /// What lints want to know.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Was it read as JSON?
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Bytes held besides the source text, side tables of rare things left out.
    pub fn memory(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
            + self.pool.capacity() * 4
            + self.texts.capacity() * 8
            + self.arena.capacity()
            + self.locals.memory()
            + self.comments.capacity() * size_of::<Comment>()
    }

    pub(crate) fn slice(&self, start: u32, end: u32) -> &str {
        self.source.text().get(start as usize..end as usize).unwrap_or_default()
    }
}
