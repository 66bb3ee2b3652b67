//! Origins: from a node of a judged document back to the texts that a person edits.
//!
//! A *source* is a text that a person edits; a *document* is an object as judged. A plain manifest is both, and its
//! chain has one link: itself. Renderers (charts, overlays) attach a table that leads from each byte of the text they
//! made, or from each node of the document, through the texts it came from; the last link of a chain is the one to edit.

use crate::Place;
use ironclad_tree::{Document, Kind, NodeId, Source, Span};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// What part a source played in making a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// The manifest itself.
    Manifest,
    /// A chart's template that printed the text.
    Template,
    /// A values file that supplied the value.
    Values,
    /// A `--set` argument.
    SetArgument,
    /// Another file of a chart, read by a template.
    File,
    /// A kustomize base.
    Base,
    /// A patch.
    Patch,
    /// A generator.
    Generator,
    /// A field of a kustomization: a prefix, an image, a label.
    Overlay,
    /// The manifest in version control that a live object was applied from.
    Tracked,
}

impl Role {
    /// In words, as outputs name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Manifest => "manifest",
            Role::Template => "template",
            Role::Values => "values",
            Role::SetArgument => "set",
            Role::File => "file",
            Role::Base => "base",
            Role::Patch => "patch",
            Role::Generator => "generator",
            Role::Overlay => "overlay",
            Role::Tracked => "tracked",
        }
    }

    /// Does it supply a value that something else prints?
    pub fn is_supplier(self) -> bool {
        matches!(self, Role::Values | Role::SetArgument | Role::File)
    }
}

/// One step of a chain.
#[derive(Clone, Debug)]
pub struct Link {
    /// The text.
    pub source: Arc<Source>,
    /// Bytes of it.
    pub span: Span,
    /// Its part.
    pub role: Role,
}

impl Link {
    /// Is it the same place?
    pub fn is_same(&self, other: &Link) -> bool {
        Arc::ptr_eq(&self.source, &other.source) && self.span == other.span
    }
}

/// What a link is a link to, for [`Origins::readdressed`].
pub type Readdress<'a> = dyn Fn(&Link) -> Option<(Vec<Link>, bool)> + 'a;

/// Index of an interned chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OriginId(u32);

/// A part of the rendered text with one chain.
#[derive(Clone, Copy, Debug)]
struct Piece {
    end: u32,
    origin: Option<OriginId>,
    /// Where it begins within the last link's span, where its bytes are the bytes that stand there.
    at: Option<u32>,
}

/// A part of the rendered text with its chain.
struct Part<'a> {
    bytes: Range<u32>,
    chain: &'a [Link],
    /// The span of the last link, where it is cut to these bytes.
    cut: Option<Span>,
}

/// A link of a [`Part`]; nothing is copied until somebody wants to keep it.
#[derive(Clone, Copy)]
struct LinkRef<'a> {
    source: &'a Arc<Source>,
    span: Span,
    role: Role,
}

impl LinkRef<'_> {
    fn is(&self, other: &Link) -> bool {
        Arc::ptr_eq(self.source, &other.source) && self.span == other.span
    }

    fn to_link(self) -> Link {
        Link { source: Arc::clone(self.source), span: self.span, role: self.role }
    }
}

impl<'a> Part<'a> {
    fn links(&self) -> impl DoubleEndedIterator<Item = LinkRef<'a>> + use<'a> {
        let (cut, last) = (self.cut, self.chain.len().wrapping_sub(1));
        self.chain.iter().enumerate().map(move |(index, link)| LinkRef {
            source: &link.source,
            span: cut.filter(|_| index == last).unwrap_or(link.span),
            role: link.role,
        })
    }

    fn to_chain(&self) -> Vec<Link> {
        self.links().map(LinkRef::to_link).collect()
    }
}

/// Where the nodes and bytes of a rendered document come from; nodes without a chain inherit their nearest ancestor's.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    chains: Vec<Arc<[Link]>>,
    of_node: BTreeMap<NodeId, OriginId>,
    /// Where what is missing below a node belongs, where that is another place than the node's own.
    of_missing: BTreeMap<NodeId, OriginId>,
    pieces: Vec<Piece>,
}

impl Origins {
    /// Is nothing known, because the document is what a person edits?
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.of_node.is_empty()
    }

    /// Does each node know its own place, because the text that was judged is nobody's (a kustomization's objects)?
    pub fn is_built(&self) -> bool {
        !self.of_node.is_empty()
    }

    /// What printed a byte of the rendered text: the link of its chain that is nearest to that text.
    pub fn printer(&self, at: u32) -> Option<Link> {
        let part = self.parts(Span { start: at, end: at + 1 }).next()?;
        part.links().next().map(LinkRef::to_link)
    }

    /// The same origins where some texts only stood in for others. `to` gives what a link is a link to, and whether the
    /// bytes there are still the bytes here, one by one; nothing where the link is what it says.
    pub fn readdressed(&self, to: &Readdress<'_>) -> Origins {
        let mut moved = vec![false; self.chains.len()];
        let mut chains = Vec::with_capacity(self.chains.len());
        for (chain, moved) in self.chains.iter().zip(&mut moved) {
            let mut out: Vec<Link> = Vec::with_capacity(chain.len());
            for (index, link) in chain.iter().enumerate() {
                let (links, same) = to(link).unwrap_or_else(|| (vec![link.clone()], true));
                *moved |= !same && index + 1 == chain.len();
                // Two links may lead to one place; the later one says what is edited.
                for link in links {
                    out.retain(|known: &Link| !known.is_same(&link));
                    out.push(link);
                }
            }
            chains.push(out.into());
        }
        let is_moved = |id: OriginId| moved.get(id.0 as usize) == Some(&true);
        let pieces = self.pieces.iter().map(|piece| {
            let at = piece.at.filter(|_| !piece.origin.is_some_and(is_moved));
            Piece { at, ..*piece }
        });
        Origins { chains, of_node: self.of_node.clone(), of_missing: self.of_missing.clone(), pieces: pieces.collect() }
    }

    /// Adds a chain, first link nearest to the judged document, last link the one that a person edits.
    pub fn intern(&mut self, chain: impl Into<Arc<[Link]>>) -> OriginId {
        self.chains.push(chain.into());
        OriginId((self.chains.len() - 1) as u32)
    }

    /// Says that `node`, and what lies below it without a chain of its own, came through `origin`.
    pub fn attach(&mut self, node: NodeId, origin: OriginId) {
        self.of_node.insert(node, origin);
    }

    /// Says where something belongs that is missing below `node`.
    pub fn attach_missing(&mut self, node: NodeId, origin: OriginId) {
        self.of_missing.insert(node, origin);
    }

    /// Says where the bytes of the rendered text up to `end` come from, after those of the call before. `at`: they are
    /// the bytes at that offset of the last link's span, one by one.
    pub fn push_bytes(&mut self, end: u32, origin: Option<OriginId>, at: Option<u32>) {
        self.pieces.push(Piece { end, origin, at });
    }

    /// The chain of exactly this node.
    pub fn chain(&self, node: NodeId) -> Option<&[Link]> {
        self.of_node.get(&node).and_then(|id| self.links(*id))
    }

    fn links(&self, id: OriginId) -> Option<&[Link]> {
        self.chains.get(id.0 as usize).map(|chain| &**chain)
    }

    /// The parts of the rendered text that a span touches: the touched bytes, their chain, its last link cut to them.
    fn parts(&self, span: Span) -> impl Iterator<Item = Part<'_>> {
        let first = self.pieces.partition_point(|piece| piece.end <= span.start);
        let before = first.checked_sub(1).and_then(|index| self.pieces.get(index)).map_or(0, |piece| piece.end);
        let mut start = before;
        self.pieces.get(first..).unwrap_or_default().iter().map_while(move |piece| {
            let (from, own) = (start, start.max(span.start));
            start = piece.end;
            let end = piece.end.min(span.end.max(span.start + 1));
            (own < end).then(|| {
                let chain = piece.origin.and_then(|id| self.links(id)).unwrap_or_default();
                let cut = piece.at.zip(chain.last()).map(|(at, last)| {
                    let base = last.span.start + at;
                    Span { start: base + (own - from), end: base + (end - from) }
                });
                Part { bytes: own..end, chain, cut }
            })
        })
    }

    /// Bytes of `source` that ended up in a span of the rendered text.
    pub fn spans_in(&self, source: &Arc<Source>, span: Span) -> Vec<Span> {
        let links = self.parts(span).flat_map(|part| part.links());
        links.filter(|link| Arc::ptr_eq(link.source, source)).map(|link| link.span).collect()
    }

    /// Where the bytes of a span stand, byte for byte and without a gap, in one text; none where anything computed them.
    pub fn exact(&self, document: &Document, span: Span) -> Option<Link> {
        let mut found: Option<Link> = None;
        let mut at = span.start;
        for part in self.parts(span) {
            let link = part.links().next_back()?;
            if part.bytes.start != at || link.span.end - link.span.start != part.bytes.end - part.bytes.start {
                return None;
            }
            at = part.bytes.end;
            match &mut found {
                None => found = Some(link.to_link()),
                Some(known) if Arc::ptr_eq(&known.source, link.source) && known.span.end == link.span.start => {
                    known.span.end = link.span.end;
                }
                Some(_) => return None,
            }
        }
        let bytes =
            |source: &Source, span: Span| source.text().get(span.start as usize..span.end as usize).map(str::to_owned);
        let printed = bytes(document.source(), span)?;
        found.filter(|link| at >= span.end && bytes(&link.source, link.span).is_some_and(|text| text == printed))
    }

    /// Everything that supplied bytes of a span: the ends of its chains, each once.
    pub fn suppliers(&self, span: Span) -> Vec<Link> {
        let mut all: Vec<Link> = Vec::new();
        for part in self.parts(span) {
            for link in part.links().filter(|link| link.role.is_supplier()) {
                if !all.iter().any(|known| link.is(known)) {
                    all.push(link.to_link());
                }
            }
        }
        all
    }

    /// Where a person edits what a finding points at: the chain from the rendered text to there. `span` is the range
    /// of the rendered text that the finding shows. Empty where nothing is known.
    ///
    /// A scalar whose every byte one place supplied (quotes aside) is edited there; one that several places make up is
    /// edited in the template that puts it together; what is missing, in the place that wrote the key it belongs under.
    pub fn resolve(&self, document: &Document, place: &Place, span: Span) -> Vec<Link> {
        if !place.missing.is_empty()
            && let Some(chain) = self.of_missing.get(&place.node).and_then(|id| self.links(*id))
        {
            return chain.to_vec();
        }
        if let Some(chain) = self.nearest_chain(document, place.node) {
            return chain.to_vec();
        }
        let node = document.node(place.node);
        let is_scalar = !matches!(node.kind(), Kind::Mapping | Kind::Sequence);
        let value = match place.part {
            Some(part) => Some(part),
            None if is_scalar && place.missing.is_empty() => Some(node.span()),
            None => None,
        };
        let text = document.source().text();
        // What is missing from a mapping that was printed whole is missing where that mapping is written.
        if !is_scalar && !place.missing.is_empty() {
            let start = node.span().start;
            let first = self.parts(Span { start, end: start + 1 }).next();
            if let Some(part) = first.filter(|part| part.chain.last().is_some_and(|last| last.role.is_supplier())) {
                return part.to_chain();
            }
        }
        if let Some(value) = value {
            let is_shown = |part: &Part<'_>| {
                let shown = text.get(part.bytes.start as usize..part.bytes.end as usize).unwrap_or_default();
                !shown.trim_matches(['"', '\'', ' ', '\n', '\t']).is_empty()
            };
            let mut parts = self.parts(value).filter(is_shown);
            if let Some(part) = parts.next()
                && let Some(last) = part.links().next_back().filter(|last| last.role.is_supplier())
                && parts.all(|other| other.links().next_back().is_some_and(|other| other.is(&last.to_link())))
            {
                return part.to_chain();
            }
        }
        self.written_at(span)
    }

    /// Where a person edits the text at a span of the rendered text.
    pub fn edited(&self, span: Span) -> Option<Link> {
        self.written_at(span).pop()
    }

    /// The place of a template, or of a values file that was printed whole, that wrote the first byte of a span; widened
    /// as far as the same text goes on.
    fn written_at(&self, span: Span) -> Vec<Link> {
        let mut parts = self.parts(span);
        let Some(first) = parts.next() else { return Vec::new() };
        let mut chain = first.to_chain();
        // A key is what its writer wrote; what stands behind it may come from elsewhere.
        let mut others: Vec<Link> = Vec::new();
        for other in parts {
            let Some(edited) = chain.last_mut() else { break };
            for link in other.links() {
                if Arc::ptr_eq(link.source, &edited.source) && link.span.start >= edited.span.end {
                    // Only as far as one look goes: a loop jumps back and forth.
                    edited.span.end = edited.span.end.max(link.span.end);
                } else if link.role.is_supplier() && !others.iter().any(|known| link.is(known)) {
                    others.push(link.to_link());
                }
            }
        }
        if let Some(edited) = chain.pop() {
            others.retain(|link| !link.is_same(&edited));
            chain.extend(others);
            chain.push(edited);
        }
        chain
    }

    fn nearest_chain(&self, document: &Document, node: NodeId) -> Option<&[Link]> {
        if self.of_node.is_empty() {
            return None;
        }
        let mut at = Some(node);
        while let Some(node) = at {
            if let Some(chain) = self.chain(node) {
                return Some(chain);
            }
            at = document.parent(node).map(|parent| parent.id());
        }
        None
    }
}
