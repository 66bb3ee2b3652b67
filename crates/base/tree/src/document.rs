//! A document: nodes, and views of them.

use crate::resolve;
use crate::symbol::LocalNames;
use crate::{Source, Span, Symbol, well_known};
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

    fn data(&self, id: NodeId) -> Node {
        self.nodes.get(id.index()).copied().unwrap_or(Node::new(0, Kind::Null, Style::Plain))
    }

    fn children(&self, id: NodeId) -> &[u32] {
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

    fn slice(&self, start: u32, end: u32) -> &str {
        self.source.text().get(start as usize..end as usize).unwrap_or_default()
    }
}

/// A node, with its document at hand.
#[derive(Copy, Clone)]
pub struct NodeRef<'a> {
    document: &'a Document,
    id: NodeId,
}

impl std::fmt::Debug for NodeRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut json = String::new();
        self.write_json(&mut json);
        write!(f, "#{} {json}", self.id.0)
    }
}

impl<'a> NodeRef<'a> {
    fn data(self) -> Node {
        self.document.data(self.id)
    }

    /// Its number.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// Its document.
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        self.data().kind()
    }

    /// How it is written.
    pub fn style(self) -> Style {
        self.data().style()
    }

    /// The text of the value: quotes and brackets included; of a block collection from its first to its last byte; of
    /// an alias the text `*name`, of what lies within an alias the anchor's text.
    pub fn span(self) -> Span {
        let node = self.data();
        if node.has(ALIAS) {
            let aliases = &self.document.aliases;
            if let Ok(at) = aliases.binary_search_by_key(&self.id, |a| a.node) {
                return aliases[at].span;
            }
        }
        self.own_span()
    }

    /// The text that the content is in: for an alias the anchor's value, for anything else its [`span`](Self::span).
    pub fn content_span(self) -> Span {
        self.own_span()
    }

    /// Is it written as `*name`, or part of what was copied from there?
    pub fn is_alias(self) -> bool {
        self.data().has(ALIAS)
    }

    /// The span of the text that the content is in.
    fn own_span(self) -> Span {
        let node = self.data();
        let mut len = node.short_len();
        if len == LONG {
            len = self.document.long.get(&self.id.0).copied().unwrap_or(LONG);
        }
        Span { start: node.start, end: node.start + len }
    }

    /// Is it null?
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Its truth, where it is a boolean.
    pub fn as_bool(self) -> Option<bool> {
        match self.kind() {
            Kind::Bool => resolve::bool_of(self.text()?),
            _ => None,
        }
    }

    /// Its value, where it is an integer.
    pub fn as_i64(self) -> Option<i64> {
        match self.kind() {
            Kind::Int => resolve::int_of(self.text()?),
            _ => None,
        }
    }

    /// Its value, where it is a number.
    pub fn as_f64(self) -> Option<f64> {
        match self.kind() {
            Kind::Int | Kind::Float => resolve::float_of(self.text()?),
            _ => None,
        }
    }

    /// Its text, where it is a string.
    pub fn as_str(self) -> Option<&'a str> {
        match self.kind() {
            Kind::String => self.text(),
            _ => None,
        }
    }

    /// The content of any scalar, unescaped.
    pub fn text(self) -> Option<&'a str> {
        let node = self.data();
        if matches!(node.kind(), Kind::Sequence | Kind::Mapping) {
            return None;
        }
        if node.has(OWN_TEXT) {
            let (start, len) = self.document.texts.get(node.payload as usize).copied().unwrap_or_default();
            return self.document.arena.get(start as usize..(start + len) as usize);
        }
        let span = self.own_span();
        let text = self.document.slice(span.start, span.end);
        let quoted = matches!(node.style(), Style::SingleQuoted | Style::DoubleQuoted)
            || node.style() == Style::Json && node.kind() == Kind::String;
        Some(if quoted { text.get(1..text.len().max(2) - 1).unwrap_or_default() } else { text })
    }

    /// The content of any scalar as a reader has it that is given exactly this text. kubectl puts a line break behind
    /// the last line, and so do all the others here; to Helm's values and to kustomize, a block scalar that the text
    /// ends in without one ends without one.
    pub fn text_unbroken(self) -> Option<&'a str> {
        let text = self.text()?;
        if !matches!(self.style(), Style::Literal | Style::Folded) || self.is_alias() {
            return Some(text);
        }
        let whole = self.document.source.text();
        let line = whole.rsplit('\n').next().unwrap_or_default();
        let ends_here = self.own_span().end as usize + line.len() >= whole.len()
            && whole
                .get(self.own_span().end as usize..)
                .is_some_and(|rest| !rest.contains('\n') && rest.trim().is_empty());
        let Some(body) = text.strip_suffix('\n').filter(|_| ends_here && !line.is_empty()) else { return Some(text) };
        let last = body.rsplit('\n').next().unwrap_or_default();
        let content = line.trim_start_matches(' ');
        // A last line of nothing but its indentation says nothing, and the break is that of the line before it.
        let is_said =
            if content.is_empty() { !last.is_empty() && line.ends_with(last) } else { last.ends_with(content) };
        Some(if is_said { body } else { text })
    }

    /// The entry of a field.
    pub fn get(self, name: Symbol) -> Option<Entry<'a>> {
        if self.kind() != Kind::Mapping {
            return None;
        }
        let children = self.document.children(self.id);
        let found = children.chunks_exact(3).find(|entry| entry.first().is_some_and(|s| s & !MERGED == name.0))?;
        let &[symbol, key_start, value] = found else { return None };
        Some(Entry { document: self.document, symbol, key_start, value: NodeId(value) })
    }

    /// The entry of a field by name.
    pub fn get_str(self, name: &str) -> Option<Entry<'a>> {
        match well_known(name).or_else(|| self.document.locals.find(name)) {
            Some(symbol) => self.get(symbol),
            None => None,
        }
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(self) -> Entries<'a> {
        let children = if self.kind() == Kind::Mapping { self.document.children(self.id) } else { &[] };
        Entries { document: self.document, children: children.chunks_exact(3) }
    }

    /// The items of a sequence; none for anything else.
    pub fn items(self) -> Items<'a> {
        let children = if self.kind() == Kind::Sequence { self.document.children(self.id) } else { &[] };
        Items { document: self.document, children: children.iter() }
    }

    /// Number of entries or items.
    pub fn len(self) -> usize {
        match self.kind() {
            Kind::Sequence | Kind::Mapping => {
                self.document.pool.get(self.data().payload as usize).copied().unwrap_or(0) as usize
            }
            _ => 0,
        }
    }

    /// Has it no entries or items?
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The node at an RFC 6901 pointer below this one.
    pub fn at_pointer(self, pointer: &str) -> Option<NodeRef<'a>> {
        if pointer.is_empty() {
            return Some(self);
        }
        let mut at = self;
        for token in pointer.strip_prefix('/')?.split('/') {
            let name = token.replace("~1", "/").replace("~0", "~");
            at = match at.kind() {
                Kind::Mapping => at.get_str(&name)?.value(),
                Kind::Sequence if name == "0" || !name.starts_with(['0', '+']) => at.items().nth(name.parse().ok()?)?,
                _ => return None,
            };
        }
        Some(at)
    }

    /// Does its text lie in an anchor elsewhere?
    pub fn via_alias(self) -> bool {
        self.data().has(COPY)
    }

    /// Compact JSON. Entries are in the order of the text, a duplicate at its last place; numbers as
    /// `sigs.k8s.io/yaml` prints them.
    pub fn write_json(self, out: &mut String) {
        self.write_compact(out, false);
    }

    /// As [`write_json`](Self::write_json), with the entries of every mapping sorted by key: equal values give equal
    /// texts.
    pub fn write_canonical_json(self, out: &mut String) {
        self.write_compact(out, true);
    }

    fn write_compact(self, out: &mut String, sorted: bool) {
        enum Todo<'a> {
            Node(NodeRef<'a>),
            Entry(Entry<'a>),
            Text(char),
        }
        let mut stack = vec![Todo::Node(self)];
        while let Some(todo) = stack.pop() {
            let node = match todo {
                Todo::Text(c) => {
                    out.push(c);
                    continue;
                }
                Todo::Entry(entry) => {
                    write_json_string(entry.key(), out);
                    out.push(':');
                    entry.value()
                }
                Todo::Node(node) => node,
            };
            match node.kind() {
                Kind::Null => out.push_str("null"),
                Kind::Bool => out.push_str(if node.as_bool() == Some(true) { "true" } else { "false" }),
                Kind::Int => {
                    let _ = std::fmt::Write::write_fmt(out, format_args!("{}", node.as_i64().unwrap_or(0)));
                }
                Kind::Float => out.push_str(&resolve::json_number(node.text().unwrap_or_default())),
                Kind::String => write_json_string(node.as_str().unwrap_or_default(), out),
                Kind::Sequence => {
                    out.push('[');
                    stack.push(Todo::Text(']'));
                    let at = stack.len();
                    for (index, item) in node.items().enumerate() {
                        if index > 0 {
                            stack.push(Todo::Text(','));
                        }
                        stack.push(Todo::Node(item));
                    }
                    stack[at..].reverse();
                }
                Kind::Mapping => {
                    out.push('{');
                    stack.push(Todo::Text('}'));
                    let at = stack.len();
                    let mut entries: Vec<Entry<'a>> = node.entries().collect();
                    if sorted {
                        entries.sort_by_key(|entry| entry.key());
                    }
                    for (index, entry) in entries.into_iter().enumerate() {
                        if index > 0 {
                            stack.push(Todo::Text(','));
                        }
                        stack.push(Todo::Entry(entry));
                    }
                    stack[at..].reverse();
                }
            }
        }
    }

    /// Is it the same value, order of entries aside?
    pub fn eq_value(self, other: NodeRef<'_>) -> bool {
        let mut stack = vec![(self, other)];
        while let Some((a, b)) = stack.pop() {
            let same = match (a.kind(), b.kind()) {
                (Kind::Null, Kind::Null) => true,
                (Kind::Bool, Kind::Bool) => a.as_bool() == b.as_bool(),
                (Kind::Int, Kind::Int) => a.as_i64() == b.as_i64(),
                (Kind::Float, Kind::Float) => a.as_f64() == b.as_f64(),
                (Kind::String, Kind::String) => a.as_str() == b.as_str(),
                (Kind::Sequence, Kind::Sequence) if a.len() == b.len() => {
                    stack.extend(a.items().zip(b.items()));
                    true
                }
                (Kind::Mapping, Kind::Mapping) if a.len() == b.len() => {
                    let mut all = true;
                    for entry in a.entries() {
                        match b.get_str(entry.key()) {
                            Some(other) => stack.push((entry.value(), other.value())),
                            None => all = false,
                        }
                    }
                    all
                }
                _ => false,
            };
            if !same {
                return false;
            }
        }
        true
    }
}

fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| b < 0x20 || b == b'"' || b == b'\\') {
        let (clean, tail) = rest.split_at(at);
        out.push_str(clean);
        let byte = tail.as_bytes().first().copied().unwrap_or(b' ');
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => {
                let _ = std::fmt::Write::write_fmt(out, format_args!("\\u{other:04x}"));
            }
        }
        rest = tail.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    out.push('"');
}

/// A key and its value.
#[derive(Copy, Clone)]
pub struct Entry<'a> {
    document: &'a Document,
    symbol: u32,
    key_start: u32,
    value: NodeId,
}

impl<'a> Entry<'a> {
    /// The key, as text.
    pub fn key(self) -> &'a str {
        self.document.symbol_name(self.symbol())
    }

    /// The key, interned.
    pub fn symbol(self) -> Symbol {
        Symbol(self.symbol & !MERGED)
    }

    /// First byte of the key's text (a quote, where it has one).
    pub fn key_start(self) -> u32 {
        if self.document.detached { 0 } else { self.key_start }
    }

    /// The key's text, quotes included.
    pub fn key_span(self) -> Span {
        if self.document.detached {
            return Span { start: 0, end: 0 };
        }
        let start = self.key_start;
        if let Some(&end) = self.document.key_ends.get(&start) {
            return Span { start, end };
        }
        let text = self.document.source.text().as_bytes();
        let quote = text.get(start as usize).copied();
        let len = self.key().len() as u32 + if matches!(quote, Some(b'"' | b'\'')) { 2 } else { 0 };
        Span { start, end: start + len }
    }

    /// The value.
    pub fn value(self) -> NodeRef<'a> {
        NodeRef { document: self.document, id: self.value }
    }

    /// From the key's first byte to the value's last.
    pub fn span(self) -> Span {
        Span { start: self.key_start(), end: self.value().span().end.max(self.key_span().end) }
    }

    /// Did a `<<` bring it?
    pub fn merged(self) -> bool {
        self.symbol & MERGED != 0
    }
}

/// Entries of a mapping.
#[derive(Clone)]
pub struct Entries<'a> {
    document: &'a Document,
    children: std::slice::ChunksExact<'a, u32>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let &[symbol, key_start, value] = self.children.next()? else { return None };
        Some(Entry { document: self.document, symbol, key_start, value: NodeId(value) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.children.size_hint()
    }
}

impl ExactSizeIterator for Entries<'_> {}

/// Items of a sequence.
#[derive(Clone)]
pub struct Items<'a> {
    document: &'a Document,
    children: std::slice::Iter<'a, u32>,
}

impl<'a> Iterator for Items<'a> {
    type Item = NodeRef<'a>;

    fn next(&mut self) -> Option<NodeRef<'a>> {
        self.children.next().map(|&id| NodeRef { document: self.document, id: NodeId(id) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.children.size_hint()
    }
}

impl ExactSizeIterator for Items<'_> {}
