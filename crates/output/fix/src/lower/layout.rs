//! How the text around a place is laid out: what is inserted looks like its neighbours.

use super::Work;
use crate::print::{Block, Json};
use ironclad_tree::{Kind, NodeId, NodeRef, Style};

/// Nodes looked at for a neighbour to imitate.
const LOOKED_AT: u32 = 4096;

impl<'a> Work<'a> {
    /// Column of a collection in block style: of its keys, or of its hyphens.
    pub(super) fn column(&self, node: NodeRef<'_>) -> usize {
        self.lines.column(node.content_span().start as usize)
    }

    /// The layout of lines below `node`.
    pub(super) fn block(&self, node: NodeRef<'a>) -> Block<'a> {
        let at = node.content_span().start as usize;
        let step = self.nearest(node, |work, node| work.step_in(node)).unwrap_or(2);
        let hyphen = self.nearest(node, |work, node| work.hyphen_in(node)).unwrap_or(0);
        Block { line_break: self.lines.break_at(at), step: step.max(1), hyphen }
    }

    /// Asks the node, what is around it, and then the document from its beginning.
    fn nearest(&self, node: NodeRef<'a>, ask: impl Fn(&Self, NodeRef<'a>) -> Option<usize>) -> Option<usize> {
        let mut around = Some(node);
        while let Some(at) = around {
            if let Some(found) = ask(self, at) {
                return Some(found);
            }
            around = self.document.parent(at.id());
        }
        let count = (self.document.node_count() as u32).min(LOOKED_AT);
        let mut nodes = self.document.nodes().take(count as usize);
        nodes.find_map(|node| ask(self, node))
    }

    /// Columns between a mapping in block style and one that is the value of its entry.
    fn step_in(&self, node: NodeRef<'_>) -> Option<usize> {
        let outer = self.in_block(node, Kind::Mapping)?;
        let inner =
            node.entries().filter(|entry| !entry.merged()).find_map(|e| self.in_block(e.value(), Kind::Mapping));
        inner?.checked_sub(outer).filter(|step| *step > 0)
    }

    /// Columns between a mapping in block style and the hyphens of a list that is the value of its entry.
    fn hyphen_in(&self, node: NodeRef<'_>) -> Option<usize> {
        let outer = self.in_block(node, Kind::Mapping)?;
        let inner =
            node.entries().filter(|entry| !entry.merged()).find_map(|e| self.in_block(e.value(), Kind::Sequence));
        inner?.checked_sub(outer)
    }

    /// Its column, where it is of this kind, in block style, and written here.
    fn in_block(&self, node: NodeRef<'_>, kind: Kind) -> Option<usize> {
        let fits = node.kind() == kind && node.style() == Style::Block && !node.via_alias() && !node.is_empty();
        fits.then(|| self.column(node))
    }

    /// The layout of JSON.
    pub(super) fn json(&self, node: NodeRef<'a>) -> Json<'a> {
        let start = node.content_span().start as usize;
        let spread = self.nearest(node, |work, node| work.spread(node).map(usize::from)) == Some(1);
        let sample = self.document.nodes().take(LOOKED_AT as usize).find_map(|node| node.entries().next());
        let colon = sample.and_then(|entry| {
            let text = self.lines.text.get(entry.key_span().end as usize..entry.value().span().start as usize)?;
            (!text.contains(['\n', '\r'])).then(|| text.to_owned())
        });
        let colon = colon.unwrap_or_else(|| ": ".to_owned());
        let comma = if colon.ends_with(' ') { ", " } else { "," };
        Json {
            line_break: spread.then(|| self.lines.break_at(start)),
            step: self.json_step().unwrap_or_else(|| "  ".to_owned()),
            comma: comma.to_owned(),
            colon,
        }
    }

    /// Is a collection written over several lines? None where it is empty.
    fn spread(&self, node: NodeRef<'_>) -> Option<bool> {
        let first = match node.kind() {
            Kind::Mapping => node.entries().next().map(|entry| entry.key_start()),
            Kind::Sequence => node.items().next().map(|item| item.span().start),
            _ => None,
        };
        first.map(|at| self.lines.begins_line(at as usize))
    }

    fn json_step(&self) -> Option<String> {
        let nodes = self.document.nodes().take(LOOKED_AT as usize);
        let mut spread = nodes.filter(|node| self.spread(*node) == Some(true));
        let node = spread.next()?;
        let outer = self.lines.indentation(node.span().start as usize);
        let inner = match node.kind() {
            Kind::Mapping => node.entries().next()?.key_start(),
            _ => node.items().next()?.span().start,
        };
        self.lines.indentation(inner as usize).strip_prefix(outer).map(str::to_owned).filter(|step| !step.is_empty())
    }

    /// The place after the last content of a node, without the blanks and comments behind it.
    pub(super) fn content_end(&self, node: NodeRef<'_>) -> usize {
        let span = node.content_span();
        self.lines.trimmed(span.start as usize, span.end as usize).max(span.start as usize)
    }

    /// Where a line may be added behind a node in block style.
    pub(super) fn line_after(&self, node: NodeRef<'_>) -> usize {
        let mut at = self.lines.next(self.content_end(node));
        // Empty lines belong to a block scalar that keeps them.
        if self.keeps_breaks(node) {
            while at < self.lines.text.len()
                && self.lines.trimmed(at, self.lines.end(at)) == at
                && self.lines.is_broken(at)
            {
                at = self.lines.next(at);
            }
        }
        at
    }

    /// Does its text end with a block scalar like `|+`?
    fn keeps_breaks(&self, node: NodeRef<'_>) -> bool {
        let mut last = node;
        while let Some(inner) = self.last_child(last) {
            last = inner;
        }
        let start = last.content_span().start as usize;
        let header = self.lines.text.get(start..self.lines.end(start)).unwrap_or_default();
        matches!(last.style(), Style::Literal | Style::Folded) && header.bytes().take(3).any(|b| b == b'+')
    }

    /// The child that is written last.
    fn last_child<'n>(&self, node: NodeRef<'n>) -> Option<NodeRef<'n>> {
        let inside = |child: &NodeRef<'n>| !child.is_alias();
        match node.kind() {
            Kind::Mapping => node.entries().filter(|e| !e.merged()).map(|e| e.value()).filter(inside).last(),
            Kind::Sequence => node.items().filter(inside).last(),
            _ => None,
        }
    }

    /// How the collection that a node is in is written; block for the root.
    pub(super) fn context(&self, id: NodeId) -> Style {
        self.document.parent(id).map_or(Style::Block, |parent| parent.style())
    }
}
