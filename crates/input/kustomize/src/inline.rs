//! Texts within a kustomization (inline patches): their places lead to the kustomization's own lines.

use crate::node::{Data, Node};
use crate::trail::Trail;
use ironclad_model::{Link, Role};
use ironclad_tree::{Source, Span};
use std::sync::Arc;

/// Where the lines of a text stand in the text around it.
pub(crate) struct Moved {
    /// First byte of a line, here and there; sorted.
    lines: Vec<(u32, u32)>,
}

impl Moved {
    fn offset(&self, at: u32) -> u32 {
        let index = self.lines.partition_point(|(here, _)| *here <= at).saturating_sub(1);
        self.lines.get(index).map_or(at, |(here, there)| there + (at - here))
    }

    fn span(&self, span: Span) -> Span {
        let (start, end) = (self.offset(span.start), self.offset(span.end.saturating_sub(1).max(span.start)));
        Span { start, end: (end + u32::from(span.end > span.start)).max(start) }
    }

    /// The same place in the text around.
    pub(crate) fn trail(&self, trail: &Trail, around: &Link, role: Role) -> Trail {
        match trail.place() {
            Some((link, head)) => Trail::at(&around.source, self.span(link.span), self.span(head), role),
            None => Trail::default(),
        }
    }
}

/// The text of a literal block scalar as a source of its own; none where its lines are not those of the text around.
/// `link` is the entry that holds it; `text` is its value without blanks around.
pub(crate) fn block(link: &Link, text: &str) -> Option<(Arc<Source>, Moved)> {
    let whole = link.source.text();
    let (start, end) = (link.span.start as usize, link.span.end as usize);
    let shown = whole.get(start..end)?;
    let first_break = shown.find('\n')?;
    if !shown
        .get(..first_break)?
        .trim_end()
        .trim_end_matches(['-', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        .ends_with('|')
    {
        return None;
    }
    let mut at = start + first_break + 1;
    let mut raw = Vec::new();
    for line in whole.get(at..end)?.split_inclusive('\n') {
        raw.push((at, line.trim_end_matches(['\n', '\r'])));
        at += line.len();
    }
    let first = raw.iter().position(|(_, line)| !line.trim().is_empty())?;
    // Lines of the value before its first that says something were trimmed away.
    let indent = raw.get(first).map(|(_, line)| line.len() - line.trim_start_matches(' ').len())?;
    let mut lines = Vec::new();
    let mut here = 0;
    for (index, line) in text.split('\n').enumerate() {
        let (there, written) = raw.get(first + index)?;
        let own = written.get(indent..).unwrap_or_default();
        if own.trim_end() != line.trim_end() {
            return None;
        }
        lines.push((here as u32, (there + indent.min(written.len())) as u32));
        here += line.len() + 1;
    }
    Some((Source::new(Arc::clone(link.source.name()), text), Moved { lines }))
}

/// Gives every node of a tree another trail.
pub(crate) fn map_trails(node: &mut Node, to: &dyn Fn(&Trail) -> Trail) {
    node.trail = to(&node.trail);
    match &mut node.data {
        Data::Scalar(_) => {}
        Data::List(items) => items.iter_mut().for_each(|item| map_trails(item, to)),
        Data::Map(entries) => entries.iter_mut().for_each(|(_, value)| map_trails(value, to)),
    }
}
