//! Entries of a mapping in the order of their keys. Blank lines and comments above an entry move with it.

use super::Work;
use crate::refuse::Refusal;
use ironclad_tree::{Kind, NodeRef, Style};

impl<'a> Work<'a> {
    pub(super) fn sort(&mut self, node: NodeRef<'a>) -> Result<(), Refusal> {
        if node.kind() != Kind::Mapping || node.style() == Style::Json && node.len() < 2 {
            return Err(Refusal::shape("the place is no mapping"));
        }
        if node.via_alias() || node.entries().any(|entry| entry.merged()) {
            return Err(Refusal::alias("the order of entries matters where a merge key is among them"));
        }
        let mut keys: Vec<(usize, &str)> = node.entries().map(|entry| entry.key()).enumerate().collect();
        keys.sort_by(|a, b| a.1.cmp(b.1));
        let order: Vec<usize> = keys.into_iter().map(|(index, _)| index).collect();
        if order.is_sorted() {
            return Ok(());
        }
        if node.style() == Style::Block { self.sort_lines(node, &order) } else { self.sort_flow(node, &order) }
    }

    /// Between brackets only the entries themselves change places, not what separates them.
    fn sort_flow(&mut self, node: NodeRef<'a>, order: &[usize]) -> Result<(), Refusal> {
        let extents: Option<Vec<_>> = (0..node.len()).map(|index| self.extent(node, index)).collect();
        let extents = extents.ok_or_else(Refusal::conflict)?;
        let inside = |at: usize| extents.first().is_some_and(|f| f.0 < at) && extents.last().is_some_and(|l| at < l.1);
        if self.document.comments().iter().any(|comment| inside(comment.span.start as usize)) {
            return Err(Refusal::shape("there is a comment between the entries"));
        }
        for (to, from) in order.iter().enumerate() {
            if let (Some(&(start, end)), Some(&(first, last))) = (extents.get(to), extents.get(*from)) {
                let text = self.lines.text.get(first..last).unwrap_or_default();
                self.push(start, end, text, 0);
            }
        }
        Ok(())
    }

    fn sort_lines(&mut self, node: NodeRef<'a>, order: &[usize]) -> Result<(), Refusal> {
        let column = self.column(node);
        let mut pieces = Vec::new();
        let mut from = 0;
        let mut begin = 0;
        for index in 0..node.len() {
            let (start, _) = self.extent(node, index).ok_or_else(Refusal::conflict)?;
            if index == 0 {
                // A first entry behind a hyphen begins in the middle of its line.
                from = if self.lines.begins_line(start) { self.first_line(start, column) } else { start };
                begin = from;
            } else if !self.lines.begins_line(start) {
                return Err(Refusal::shape("two entries share a line"));
            }
            let value = node.entries().nth(index).map_or(node, |entry| entry.value());
            let end = self.line_after(value).max(self.lines.next(self.extent(node, index).map_or(start, |e| e.1)));
            pieces.push((from, end));
            from = end;
        }
        let text = self.lines.text;
        let indent = " ".repeat(column);
        let line_break = self.lines.break_at(begin);
        let behind_hyphen = !self.lines.begins_line(begin);
        let mut out = String::new();
        for (place, index) in order.iter().enumerate() {
            let Some(&(start, end)) = pieces.get(*index) else { continue };
            let piece = text.get(start..end).unwrap_or_default();
            let piece = match (behind_hyphen, place, *index) {
                (true, 0, 0) | (false, ..) => piece.to_owned(),
                (true, 0, _) => match piece.strip_prefix(&indent) {
                    Some(bare) if !bare.starts_with(['#', ' ', '\n', '\r']) => bare.to_owned(),
                    _ => return Err(Refusal::shape("a comment stands above the entry that would come first")),
                },
                (true, _, 0) => format!("{indent}{piece}"),
                (true, ..) => piece.to_owned(),
            };
            out.push_str(&piece);
            if !piece.ends_with(['\n', '\r']) {
                out.push_str(line_break);
            }
        }
        if from == text.len() && !text.ends_with(['\n', '\r']) {
            out.truncate(out.len() - line_break.len());
        }
        self.push(begin, from, out, 0);
        Ok(())
    }
}
