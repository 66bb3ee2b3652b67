//! Views of nodes: what the checks read. A view is two words and borrows its document.

use crate::document::{ALIAS, COPY, Document, Kind, LONG, MERGED, Node, NodeId, OWN_TEXT, Style};
use crate::resolve;
use crate::{Span, Symbol, well_known};

/// A node, with its document at hand.
#[derive(Copy, Clone)]
pub struct NodeRef<'a> {
    pub(crate) document: &'a Document,
    pub(crate) id: NodeId,
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
    pub(crate) document: &'a Document,
    pub(crate) symbol: u32,
    pub(crate) key_start: u32,
    pub(crate) value: NodeId,
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
