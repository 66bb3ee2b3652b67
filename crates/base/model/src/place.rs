//! Where a finding is: a node of a document, or a field that should be there and is not.

use crate::DocumentId;
use ironclad_tree::{Document, NodeId, NodeRef, Span, Symbol};

/// Names of missing fields that a [`Spot`] can carry. Views nest no deeper below an existing node.
const MISSING: usize = 6;

/// A place in an object, existing or not: the deepest node that exists, and the names of the fields below it that do
/// not. Views pass it along, so a check can point at `securityContext.privileged` of a container without either.
#[derive(Clone, Copy)]
pub struct Spot<'a> {
    node: NodeRef<'a>,
    missing: [Option<Symbol>; MISSING],
}

impl<'a> Spot<'a> {
    /// The place of an existing node.
    pub fn at(node: NodeRef<'a>) -> Self {
        Spot { node, missing: [None; MISSING] }
    }

    /// The place of field `name` below this one: the node where it exists.
    pub fn field(self, name: Symbol) -> Self {
        if self.exists()
            && let Some(entry) = self.node.get(name)
        {
            return Spot::at(entry.value());
        }
        let mut below = self;
        if let Some(slot) = below.missing.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(name);
        }
        below
    }

    /// The node itself, where it exists.
    pub fn node(self) -> Option<NodeRef<'a>> {
        self.exists().then_some(self.node)
    }

    /// The node, or its deepest ancestor that exists.
    pub fn nearest(self) -> NodeRef<'a> {
        self.node
    }

    /// Is there a node (null included)?
    pub fn exists(self) -> bool {
        self.missing[0].is_none()
    }

    /// Names of the fields that are missing below [`nearest`](Self::nearest).
    pub fn missing(self) -> impl Iterator<Item = Symbol> {
        self.missing.into_iter().flatten()
    }
}

impl<'a> From<NodeRef<'a>> for Spot<'a> {
    fn from(node: NodeRef<'a>) -> Self {
        Spot::at(node)
    }
}

/// A [`Spot`] without its borrow, as findings keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The deepest existing node.
    pub node: NodeId,
    /// Names of the missing fields below it.
    pub missing: Vec<String>,
    /// A part of the scalar, in bytes of the source text, where the whole value would say too much.
    pub part: Option<Span>,
}

impl Place {
    /// Frees a spot from its document.
    pub fn of(spot: Spot<'_>) -> Self {
        Place {
            node: spot.node.id(),
            missing: spot.missing().map(|symbol| symbol_text(spot.node.document(), symbol)).collect(),
            part: None,
        }
    }

    /// The place of a field that a mapping lacks, whatever its name.
    pub fn missing(mapping: NodeRef<'_>, name: &str) -> Self {
        Place { node: mapping.id(), missing: vec![name.to_owned()], part: None }
    }

    /// RFC 6901 pointer from `root` (the object) to this place.
    pub fn pointer(&self, document: &Document, root: NodeId) -> String {
        let mut out = String::with_capacity(64);
        for (_, entry, index) in document.steps_below(root, self.node) {
            match entry {
                Some(entry) => push_token(&mut out, entry.key()),
                None => push_token(&mut out, &index.to_string()),
            }
        }
        for name in &self.missing {
            push_token(&mut out, name);
        }
        out
    }

    /// The range a person looks at: key through value of an entry, the item of a list; for something missing the key
    /// of the nearest existing ancestor, or the first key of the item where that is a list item (INTERFACE.md).
    pub fn span(&self, document: &Document) -> Span {
        if let Some(part) = self.part {
            return part;
        }
        let node = document.node(self.node);
        let entry = document.entry_of(self.node);
        if self.missing.is_empty() {
            return match entry {
                // Merged or aliased content lies elsewhere: a range from here to there would be nonsense.
                Some(entry) if entry.key_start() <= node.span().start && !node.via_alias() => entry.span(),
                Some(entry) if entry.key_start() <= node.span().start => {
                    Span { start: entry.key_start(), end: node.span().end.max(entry.key_span().end) }
                }
                _ => node.span(),
            };
        }
        match entry {
            Some(entry) => entry.key_span(),
            None => node.entries().next().map_or(node.span(), |first| first.key_span()),
        }
    }
}

fn symbol_text(document: &Document, symbol: Symbol) -> String {
    document.symbol_name(symbol).to_owned()
}

fn push_token(out: &mut String, token: &str) {
    out.push('/');
    if !token.bytes().any(|b| matches!(b, b'~' | b'/')) {
        out.push_str(token);
        return;
    }
    for c in token.chars() {
        match c {
            '~' => out.push_str("~0"),
            '/' => out.push_str("~1"),
            c => out.push(c),
        }
    }
}

/// A place made concrete: which document, which bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The document.
    pub document: DocumentId,
    /// Bytes of its source text.
    pub span: Span,
}
