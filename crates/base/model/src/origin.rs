//! Origins: from a node of a judged document back to the texts that a person edits.
//!
//! A *source* is a text that a person edits; a *document* is an object as judged. A plain manifest is both, and its
//! chain has one link: itself. Renderers (charts, overlays) attach a table that leads from each node of the document
//! they made through the texts it came from; the last link of a chain is the one to edit.

use ironclad_tree::{NodeId, Source, Span};
use std::{collections::BTreeMap, sync::Arc};

/// What part a source played in making a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// The manifest itself.
    Manifest,
    /// A chart's template that printed the text.
    Template,
    /// A values file that supplied the value.
    Values,
    /// A `--set` argument.
    SetArgument,
    /// A kustomize base.
    Base,
    /// A patch.
    Patch,
    /// A generator.
    Generator,
    /// The manifest in version control that a live object was applied from.
    Tracked,
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

/// Index of an interned chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OriginId(u32);

/// Which chain each node of a rendered document has; nodes without one inherit their nearest ancestor's.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    chains: Vec<Arc<[Link]>>,
    of_node: BTreeMap<NodeId, OriginId>,
}

impl Origins {
    /// Adds a chain, first link nearest to the judged document, last link the one that a person edits.
    pub fn intern(&mut self, chain: Vec<Link>) -> OriginId {
        self.chains.push(chain.into());
        OriginId((self.chains.len() - 1) as u32)
    }

    /// Says that `node`, and what lies below it without a chain of its own, came through `origin`.
    pub fn attach(&mut self, node: NodeId, origin: OriginId) {
        self.of_node.insert(node, origin);
    }

    /// The chain of exactly this node.
    pub fn chain(&self, node: NodeId) -> Option<&[Link]> {
        self.of_node.get(&node).and_then(|id| self.chains.get(id.0 as usize)).map(|chain| &**chain)
    }
}
