//! Builds documents: nodes in the order of the text, keys interned, duplicates and merges decided, aliases copied.

use crate::document::{
    ALIAS, AliasUse, COPY, Comment, Document, Duplicate, Kind, LONG, MERGED, Node, NodeId, Note, OWN_TEXT, Style,
};
use crate::problem::{Failure, Limits, Result};
use crate::resolve::{self, Scalar};
use crate::symbol::Interner;
use crate::{Source, Span, Symbol};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// An open collection.
struct Frame<'s> {
    node: u32,
    /// Where its children begin in `pending`.
    base: usize,
    is_map: bool,
    key: Key,
    /// Levels of collections within.
    height: usize,
    anchor: Option<&'s str>,
}

#[derive(Clone, Copy, PartialEq)]
enum Key {
    /// A mapping that waits for a key; of sequences always.
    None,
    Name(Symbol, u32),
    Merge(u32),
}

#[derive(Clone, Copy)]
struct Anchor {
    node: u32,
    /// One past its last node; 0 while it is open.
    end: u32,
    height: usize,
}

/// A scalar, decoded.
pub(crate) struct ScalarEvent<'s> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) style: Style,
    pub(crate) value: Scalar,
    /// Its content lies in the arena at this place.
    pub(crate) own: Option<(u32, u32)>,
    pub(crate) anchor: Option<&'s str>,
    /// `<<`, neither quoted nor tagged otherwise.
    pub(crate) merge: bool,
}

pub(crate) struct Builder<'s> {
    source: &'s Arc<Source>,
    limits: Limits,
    nodes: Vec<Node>,
    pool: Vec<u32>,
    texts: Vec<(u32, u32)>,
    long: FxHashMap<u32, u32>,
    key_ends: FxHashMap<u32, u32>,
    duplicates: Vec<Duplicate>,
    aliases: Vec<AliasUse>,
    pub(crate) notes: Vec<Note>,
    interner: Interner,
    pending: Vec<u32>,
    frames: Vec<Frame<'s>>,
    anchors: FxHashMap<&'s str, Anchor>,
    seen: FxHashMap<u32, u32>,
    decoded: u64,
    decoded_in_aliases: u64,
    /// What JSON cannot say, with the node that it is in: an error unless a later duplicate replaces that.
    deferred: Vec<(u32, Failure)>,
    /// Did a `<<` bring entries?
    lifted: bool,
}

impl<'s> Builder<'s> {
    pub(crate) fn new(source: &'s Arc<Source>, limits: Limits) -> Builder<'s> {
        Builder {
            source,
            limits,
            nodes: Vec::new(),
            pool: Vec::new(),
            texts: Vec::new(),
            long: FxHashMap::default(),
            key_ends: FxHashMap::default(),
            duplicates: Vec::new(),
            aliases: Vec::new(),
            notes: Vec::new(),
            interner: Interner::default(),
            pending: Vec::new(),
            frames: Vec::new(),
            anchors: FxHashMap::default(),
            seen: FxHashMap::default(),
            decoded: 0,
            decoded_in_aliases: 0,
            deferred: Vec::new(),
            lifted: false,
        }
    }

    /// Forgets a document that failed.
    pub(crate) fn reset(&mut self) {
        self.nodes.clear();
        self.pool.clear();
        self.texts.clear();
        self.long.clear();
        self.key_ends.clear();
        self.duplicates.clear();
        self.aliases.clear();
        self.notes.clear();
        self.interner.take();
        self.pending.clear();
        self.frames.clear();
        self.anchors.clear();
        self.decoded = 0;
        self.decoded_in_aliases = 0;
        self.deferred.clear();
        self.lifted = false;
    }

    /// The finished document, or none where its root is null.
    pub(crate) fn finish(
        &mut self,
        span: Span,
        arena: String,
        comments: Vec<Comment>,
        is_json: bool,
    ) -> Result<Option<Document>> {
        let empty = self.nodes.first().is_none_or(|root| root.kind() == Kind::Null);
        if empty {
            self.reset();
            return Ok(None);
        }
        let deferred = std::mem::take(&mut self.deferred);
        // The next document is likely of this size.
        let (nodes, pool) = (self.nodes.len(), self.pool.len());
        let mut document = Document {
            source: Arc::clone(self.source),
            span,
            nodes: std::mem::replace(&mut self.nodes, Vec::with_capacity(nodes)),
            pool: std::mem::replace(&mut self.pool, Vec::with_capacity(pool)),
            texts: std::mem::take(&mut self.texts),
            arena,
            locals: self.interner.take(),
            long: std::mem::take(&mut self.long),
            key_ends: std::mem::take(&mut self.key_ends),
            comments,
            duplicates: std::mem::take(&mut self.duplicates),
            aliases: std::mem::take(&mut self.aliases),
            notes: std::mem::take(&mut self.notes),
            is_json,
            detached: false,
            ordered: !self.lifted,
            parents: std::sync::OnceLock::new(),
        };
        if document.nodes.capacity() > nodes + nodes / 4 {
            document.nodes.shrink_to_fit();
        }
        if document.pool.capacity() > pool + pool / 4 {
            document.pool.shrink_to_fit();
        }
        document.arena.shrink_to_fit();
        self.reset();
        for (node, failure) in deferred {
            if document.reaches(NodeId(node)) {
                return Err(failure);
            }
        }
        Ok(Some(document))
    }

    fn new_node(&mut self, start: usize, kind: Kind, style: Style) -> Result<u32> {
        if self.nodes.len() >= self.limits.nodes {
            return Err(self.too_many(start));
        }
        let id = self.nodes.len() as u32;
        self.nodes.push(Node::new(start as u32, kind, style));
        Ok(id)
    }

    fn too_many(&self, at: usize) -> Failure {
        let message = format!("a document of more than {} values", self.limits.nodes);
        Failure::new("input/size", at, at + 1, message).hint("split it into several documents")
    }

    fn set_len(&mut self, node: u32, end: usize) {
        let Some(data) = self.nodes.get_mut(node as usize) else { return };
        let len = (end as u32).saturating_sub(data.start);
        data.set_short_len(len.min(LONG));
        if len >= LONG {
            self.long.insert(node, len);
        }
    }

    /// Is the next scalar a key?
    pub(crate) fn wants_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.is_map && frame.key == Key::None)
    }

    /// Where the innermost open collection begins.
    pub(crate) fn open_at(&self) -> Option<usize> {
        let frame = self.frames.last()?;
        self.nodes.get(frame.node as usize).map(|node| node.start as usize)
    }

    /// A scalar whose content is `text`: a key or a value.
    pub(crate) fn scalar(&mut self, event: &ScalarEvent<'s>, text: &str) -> Result<()> {
        self.decoded += 1;
        if self.wants_key() {
            if let Some(name) = event.anchor {
                // Only an alias will ever see this node.
                let node = self.scalar_node(event, text)?;
                self.anchors.insert(name, Anchor { node, end: node + 1, height: 0 });
            }
            if event.merge {
                self.set_key(Key::Merge(event.start as u32));
                return Ok(());
            }
            let name = key_text(event.value, text).unwrap_or_else(|| {
                let within = self.frames.last().map_or(0, |frame| frame.node);
                self.deferred.push((within, bad_key(event.start, event.end, event.value)));
                Cow::Borrowed(text)
            });
            return self.key(&name, event.start, event.end);
        }
        let node = self.scalar_node(event, text)?;
        if let Some(name) = event.anchor {
            self.anchors.insert(name, Anchor { node, end: node + 1, height: 0 });
        }
        self.value(node)
    }

    fn scalar_node(&mut self, event: &ScalarEvent<'s>, text: &str) -> Result<u32> {
        let kind = match event.value {
            Scalar::Null => Kind::Null,
            Scalar::Bool(_) => Kind::Bool,
            Scalar::Int(_) => Kind::Int,
            Scalar::Unsigned(_) => Kind::Float,
            Scalar::Float(value) if !value.is_finite() => {
                let message = format!("JSON has no number `{text}`");
                let failure = Failure::new("input/not-json-value", event.start, event.end, message);
                self.deferred.push((self.nodes.len() as u32, failure.hint("put it in quotes if it is text")));
                Kind::Float
            }
            Scalar::Float(value) if resolve::float_as_int(value).is_some() => Kind::Int,
            Scalar::Float(_) => Kind::Float,
            Scalar::Timestamp | Scalar::String => Kind::String,
        };
        let node = self.new_node(event.start, kind, event.style)?;
        self.set_len(node, event.end);
        if let Some(own) = event.own {
            let index = self.texts.len() as u32;
            self.texts.push(own);
            if let Some(data) = self.nodes.get_mut(node as usize) {
                data.payload = index;
                data.set(OWN_TEXT);
            }
        }
        Ok(node)
    }

    /// A value without any text of its own: JSON's path, which needs no resolution.
    pub(crate) fn json_scalar(&mut self, start: usize, end: usize, kind: Kind, own: Option<(u32, u32)>) -> Result<()> {
        let node = self.new_node(start, kind, Style::Json)?;
        self.set_len(node, end);
        if let Some(own) = own {
            let index = self.texts.len() as u32;
            self.texts.push(own);
            if let Some(data) = self.nodes.get_mut(node as usize) {
                data.payload = index;
                data.set(OWN_TEXT);
            }
        }
        self.value(node)
    }

    fn set_key(&mut self, key: Key) {
        if let Some(frame) = self.frames.last_mut() {
            frame.key = key;
        }
    }

    /// The key of the next entry; its text, quotes included, is `start..end`.
    pub(crate) fn key(&mut self, name: &str, start: usize, end: usize) -> Result<()> {
        let symbol = self.interner.intern(name);
        let quote = self.source.text().as_bytes().get(start).copied();
        let plain_end = start + name.len() + if matches!(quote, Some(b'"' | b'\'')) { 2 } else { 0 };
        if plain_end != end {
            self.key_ends.insert(start as u32, end as u32);
        }
        self.set_key(Key::Name(symbol, start as u32));
        Ok(())
    }

    /// Opens a collection.
    pub(crate) fn begin(&mut self, is_map: bool, style: Style, start: usize, anchor: Option<&'s str>) -> Result<()> {
        self.decoded += 1;
        if self.wants_key() {
            let what = if is_map { "mapping" } else { "list" };
            let mut failure = Failure::new("input/not-json-value", start, start + 1, format!("a {what} as a key"));
            if self.source.text().get(start..).is_some_and(|rest| rest.starts_with('{')) {
                failure = failure.hint("an unrendered template? put `{{ … }}` in quotes, or render it first");
            }
            return Err(failure.hint("JSON has text as keys only"));
        }
        let kind = if is_map { Kind::Mapping } else { Kind::Sequence };
        let node = self.new_node(start, kind, style)?;
        if let Some(name) = anchor {
            self.anchors.insert(name, Anchor { node, end: 0, height: 0 });
        }
        if self.frames.len() >= self.limits.depth {
            let message = format!("nested deeper than {} levels", self.limits.depth);
            return Err(Failure::new("input/depth", start, start + 1, message).hint("kubectl reads no deeper either"));
        }
        self.frames.push(Frame { node, base: self.pending.len(), is_map, key: Key::None, height: 0, anchor });
        Ok(())
    }

    /// Closes the innermost collection at `end`.
    pub(crate) fn end(&mut self, end: usize) -> Result<()> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        self.set_len(frame.node, end);
        let at = self.pool.len() as u32;
        if frame.is_map {
            self.close_mapping(&frame);
        } else {
            self.pool.push((self.pending.len() - frame.base) as u32);
            self.pool.extend_from_slice(&self.pending[frame.base..]);
        }
        self.pending.truncate(frame.base);
        if let Some(data) = self.nodes.get_mut(frame.node as usize) {
            data.payload = at;
        }
        if let Some(name) = frame.anchor
            && let Some(anchor) = self.anchors.get_mut(name).filter(|a| a.node == frame.node)
        {
            anchor.end = self.nodes.len() as u32;
            anchor.height = frame.height + 1;
        }
        if let Some(parent) = self.frames.last_mut() {
            parent.height = parent.height.max(frame.height + 1);
        }
        self.value(frame.node)
    }

    /// Entries to the pool. Of a name that comes twice the last entry stays, at its place.
    fn close_mapping(&mut self, frame: &Frame<'s>) {
        let entries = &self.pending[frame.base..];
        let count = entries.len() / 3;
        let name = |index: usize| entries[index * 3] & !MERGED;
        let mut unique = true;
        if count <= 16 {
            'all: for i in 1..count {
                for j in 0..i {
                    if name(i) == name(j) {
                        unique = false;
                        break 'all;
                    }
                }
            }
        } else {
            self.seen.clear();
            for i in 0..count {
                unique &= self.seen.insert(name(i), i as u32).is_none();
            }
        }
        if unique {
            self.pool.push(count as u32);
            self.pool.extend_from_slice(entries);
            return;
        }
        self.seen.clear();
        for i in 0..count {
            self.seen.insert(name(i), i as u32);
        }
        self.pool.push(self.seen.len() as u32);
        for i in 0..count {
            let last = self.seen.get(&name(i)).copied().unwrap_or(0) as usize;
            if last == i {
                self.pool.extend_from_slice(&entries[i * 3..i * 3 + 3]);
            } else if entries[i * 3] & MERGED == 0 && entries[last * 3] & MERGED == 0 {
                let text = self.interner.name(Symbol(name(i)));
                let span = |start: u32| Span {
                    start,
                    end: self.key_ends.get(&start).copied().unwrap_or_else(|| {
                        let quote = self.source.text().as_bytes().get(start as usize).copied();
                        start + text.len() as u32 + if matches!(quote, Some(b'"' | b'\'')) { 2 } else { 0 }
                    }),
                };
                self.duplicates.push(Duplicate {
                    mapping: NodeId(frame.node),
                    key: span(entries[i * 3 + 1]),
                    kept: span(entries[last * 3 + 1]),
                    name: text.to_owned(),
                });
            }
        }
    }

    /// A finished value goes to the collection that is open.
    fn value(&mut self, node: u32) -> Result<()> {
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        if !frame.is_map {
            self.pending.push(node);
            return Ok(());
        }
        match std::mem::replace(&mut frame.key, Key::None) {
            Key::Name(symbol, start) => {
                self.pending.extend([symbol.0, start, node]);
                Ok(())
            }
            Key::Merge(start) => self.merge(node, start as usize),
            Key::None => Ok(()),
        }
    }

    /// `<<`: the entries of a mapping, or of the mappings of a list, of which the first wins.
    fn merge(&mut self, node: u32, key_start: usize) -> Result<()> {
        let data = self.node(node);
        match data.kind() {
            Kind::Mapping => {
                self.lift(node);
                Ok(())
            }
            // An alias must name a mapping; only a list written here may hold several.
            Kind::Sequence if data.has(ALIAS) => Err(bad_merge(key_start)),
            Kind::Sequence => {
                let items = self.children(data, 1).to_vec();
                if let Some(odd) = items.iter().find(|&&item| self.node(item).kind() != Kind::Mapping) {
                    return Err(bad_merge(self.node(*odd).start as usize));
                }
                for item in items.into_iter().rev() {
                    self.lift(item);
                }
                Ok(())
            }
            _ => Err(bad_merge(key_start)),
        }
    }

    fn lift(&mut self, mapping: u32) {
        self.lifted = true;
        let data = self.node(mapping);
        let count = self.pool.get(data.payload as usize).copied().unwrap_or(0) as usize;
        let from = data.payload as usize + 1;
        for at in (from..from + count * 3).step_by(3) {
            let Some(&[symbol, start, value]) = self.pool.get(at..at + 3) else { break };
            self.pending.extend([symbol | MERGED, start, value]);
        }
    }

    fn node(&self, id: u32) -> Node {
        self.nodes.get(id as usize).copied().unwrap_or(Node::new(0, Kind::Null, Style::Plain))
    }

    fn children(&self, node: Node, width: usize) -> &[u32] {
        let at = node.payload as usize;
        let count = self.pool.get(at).copied().unwrap_or(0) as usize;
        self.pool.get(at + 1..at + 1 + count * width).unwrap_or_default()
    }

    /// `*name`, a key or a value: a copy of what the anchor names.
    pub(crate) fn alias(&mut self, name: &str, start: usize, end: usize, arena: &str) -> Result<()> {
        let Some(&anchor) = self.anchors.get(name) else {
            return Err(Failure::new(
                "input/alias",
                start,
                end,
                format!("no anchor `&{name}` comes before this alias"),
            )
            .hint("an anchor holds within its own document only; put the value in quotes if it is text"));
        };
        if anchor.end == 0 {
            let message = format!("the value of `&{name}` contains itself");
            return Err(Failure::new("input/alias", start, end, message));
        }
        self.decoded += 1;
        if self.wants_key() {
            let node = self.node(anchor.node);
            let text = self.text_in(anchor.node, arena).to_owned();
            let value = match node.kind() {
                Kind::Sequence | Kind::Mapping => {
                    return Err(Failure::new("input/not-json-value", start, end, "a collection as a key")
                        .hint("JSON has text as keys only"));
                }
                Kind::String => Scalar::String,
                Kind::Null => Scalar::Null,
                _ => resolve::resolve(&text),
            };
            self.decoded += 1;
            self.decoded_in_aliases += 1;
            let name = key_text(value, &text).unwrap_or_else(|| {
                let within = self.frames.last().map_or(0, |frame| frame.node);
                self.deferred.push((within, bad_key(start, end, value)));
                Cow::Borrowed(&text)
            });
            return self.key(&name, start, end);
        }
        let count = anchor.end - anchor.node;
        if self.frames.len() + anchor.height > self.limits.depth {
            let message = format!("nested deeper than {} levels", self.limits.depth);
            return Err(Failure::new("input/depth", start, end, message).hint("kubectl reads no deeper either"));
        }
        if self.nodes.len() + count as usize > self.limits.nodes {
            return Err(bomb(start, end));
        }
        let copy = self.nodes.len() as u32;
        let mut keys = 0;
        for id in anchor.node..anchor.end {
            let mut node = self.node(id);
            let shift = copy - anchor.node;
            let width = match node.kind() {
                Kind::Sequence => 1,
                Kind::Mapping => 3,
                _ => 0,
            };
            if width > 0 {
                let from = node.payload as usize;
                let children = self.pool.get(from).copied().unwrap_or(0) as usize;
                node.payload = self.pool.len() as u32;
                self.pool.extend_from_within(from..from + 1 + children * width);
                let first = node.payload as usize + width;
                for at in (first..self.pool.len()).step_by(width) {
                    self.pool[at] += shift;
                }
                keys += if width == 3 { children as u64 } else { 0 };
            }
            if node.has(ALIAS) {
                // An alias within the anchor's value: the copy is found through its own entry in the table.
                let at = self.aliases.binary_search_by_key(&NodeId(id), |a| a.node);
                if let Some(within) = at.ok().and_then(|at| self.aliases.get(at)).copied()
                    && id != anchor.node
                {
                    self.aliases.push(AliasUse { node: NodeId(id + shift), ..within });
                }
            }
            if node.short_len() == LONG
                && let Some(len) = self.long.get(&id).copied()
            {
                self.long.insert(id + shift, len);
            }
            node.set(COPY);
            if id == anchor.node {
                node.set(ALIAS);
                let len = self.long.get(&id).copied().unwrap_or(node.short_len());
                self.aliases.push(AliasUse {
                    span: Span { start: start as u32, end: end as u32 },
                    anchor: Span { start: node.start, end: node.start + len },
                    node: NodeId(copy),
                });
            }
            self.nodes.push(node);
        }
        let all = u64::from(count) + keys;
        self.decoded += all;
        self.decoded_in_aliases += all;
        if self.too_many_aliases() {
            return Err(bomb(start, end));
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.height = frame.height.max(anchor.height);
        }
        self.value(copy)
    }

    fn text_in<'t>(&'t self, id: u32, arena: &'t str) -> &'t str {
        let node = self.node(id);
        if node.has(OWN_TEXT) {
            let (start, len) = self.texts.get(node.payload as usize).copied().unwrap_or_default();
            return arena.get(start as usize..(start + len) as usize).unwrap_or_default();
        }
        let len = self.long.get(&id).copied().unwrap_or(node.short_len());
        let text = self.source.text().get(node.start as usize..(node.start + len) as usize).unwrap_or_default();
        match node.style() {
            Style::SingleQuoted | Style::DoubleQuoted => text.get(1..text.len().max(2) - 1).unwrap_or_default(),
            _ => text,
        }
    }

    /// goyaml's rule (`decode.go`, `allowedAliasRatio`): the larger a document, the less of it may come from aliases.
    fn too_many_aliases(&self) -> bool {
        const LOW: f64 = 400_000.0;
        const HIGH: f64 = 4_000_000.0;
        if self.decoded_in_aliases <= 100 || self.decoded <= 1000 {
            return false;
        }
        let decoded = self.decoded as f64;
        let allowed = if decoded <= LOW {
            0.99
        } else if decoded >= HIGH {
            0.10
        } else {
            0.99 - 0.89 * (decoded - LOW) / (HIGH - LOW)
        };
        self.decoded_in_aliases as f64 / decoded > allowed
    }
}

fn bomb(start: usize, end: usize) -> Failure {
    Failure::new("input/alias", start, end, "aliases multiply this document beyond what kubectl accepts")
        .hint("write the values out, or split the document")
}

fn bad_merge(at: usize) -> Failure {
    Failure::new("input/alias", at, at + 2, "`<<` merges a mapping or a list of mappings only")
}

fn bad_key(start: usize, end: usize, value: Scalar) -> Failure {
    match value {
        Scalar::Null => {
            let failure = Failure::new("input/not-json-value", start, end.max(start + 1), "a key that is null");
            failure.hint("put the key in quotes, or remove the line")
        }
        _ => Failure::new("input/not-json-value", start, end, "a number that cannot be a key")
            .hint("put the key in quotes"),
    }
}

/// A key as `sigs.k8s.io/yaml` writes it; none for null and integers beyond 64 bits with sign.
fn key_text(value: Scalar, text: &str) -> Option<Cow<'_, str>> {
    Some(match value {
        Scalar::String | Scalar::Timestamp => Cow::Borrowed(text),
        Scalar::Bool(true) => Cow::Borrowed("true"),
        Scalar::Bool(false) => Cow::Borrowed("false"),
        Scalar::Int(value) => Cow::Owned(value.to_string()),
        Scalar::Float(value) => Cow::Owned(resolve::go_key_float(value)),
        Scalar::Null | Scalar::Unsigned(_) => return None,
    })
}
