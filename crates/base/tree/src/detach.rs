//! Documents without their text: what stays in memory by the hundred thousand.
//!
//! Invariant: node ids, kinds, keys and contents are the same before and after; only places (spans, comments,
//! duplicates, aliases) are gone. A place of a detached document is empty: the reporter has an origin for it, or names
//! the source alone.

use crate::document::{ALIAS, COPY, Document, Kind, NodeId, OWN_TEXT};
use crate::{Source, Span};
use rustc_hash::FxHashMap;
use std::sync::Arc;

impl Document {
    /// A copy that holds its own scalars, in one arena, and no text. `source` stands for where it came from; its text
    /// is never looked at, so documents of one cluster share one empty source.
    pub fn detach(&self, source: &Arc<Source>) -> Document {
        let reached = self.reached();
        let mut nodes = self.nodes.clone();
        let mut texts = Vec::new();
        let mut arena = String::new();
        // Manifests repeat themselves within a document: labels in selectors, names in mounts.
        let mut seen: FxHashMap<&str, u32> = FxHashMap::default();
        for (index, node) in nodes.iter_mut().enumerate() {
            node.start = 0;
            node.set_short_len(0);
            node.clear(ALIAS | COPY);
            if matches!(node.kind(), Kind::Sequence | Kind::Mapping) {
                continue;
            }
            let id = NodeId(index as u32);
            let text = if reached[index] { self.node(id).text().unwrap_or_default() } else { "" };
            node.set(OWN_TEXT);
            node.payload = *seen.entry(text).or_insert_with(|| {
                texts.push((arena.len() as u32, text.len() as u32));
                arena.push_str(text);
                (texts.len() - 1) as u32
            });
        }
        texts.shrink_to_fit();
        arena.shrink_to_fit();
        nodes.shrink_to_fit();
        let mut pool = self.pool.clone();
        pool.shrink_to_fit();
        Document {
            source: Arc::clone(source),
            span: Span { start: 0, end: 0 },
            nodes,
            pool,
            texts,
            arena,
            locals: self.locals.clone(),
            long: FxHashMap::default(),
            key_ends: FxHashMap::default(),
            comments: Vec::new(),
            duplicates: Vec::new(),
            aliases: Vec::new(),
            notes: Vec::new(),
            is_json: self.is_json,
            detached: true,
            ordered: self.ordered,
            parents: std::sync::OnceLock::new(),
        }
    }

    /// Which nodes are part of the tree. What a later duplicate replaced is not, and needs no text.
    fn reached(&self) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        let mut pending = vec![self.root()];
        while let Some(node) = pending.pop() {
            reached[node.id().index()] = true;
            pending.extend(node.items());
            pending.extend(node.entries().map(|entry| entry.value()));
        }
        reached
    }

    /// Has it no text of its own?
    pub fn is_detached(&self) -> bool {
        self.detached
    }
}
