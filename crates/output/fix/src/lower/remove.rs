//! Entries and items that go, and what goes with them: the comment behind them, the comments directly above, and a
//! parent that means nothing without them. Any other comment stays.

use super::{PRUNED, Work};
use crate::refuse::Refusal;
use ironclad_tree::{Kind, NodeId, NodeRef, Span, Style};
use std::collections::BTreeSet;

impl<'a> Work<'a> {
    /// Removes all that is to go, the innermost first. Returns the collections that went as a whole.
    pub(super) fn remove_all(&mut self) -> Result<BTreeSet<NodeId>, Refusal> {
        let mut pruned = BTreeSet::new();
        while let Some((id, gone)) = self.groups.pop_last() {
            let node = self.node(id);
            self.check_anchors(node, &gone)?;
            let empties = gone.len() == node.len();
            let refilled = self.inserts.contains_key(&id) || self.appends.contains_key(&id);
            if empties && !refilled {
                if self.prunes(node) {
                    let (parent, index) = self.document.parent_step(id).unwrap_or((NodeId::ROOT, 0));
                    self.groups.entry(parent).or_default().insert(index);
                    pruned.insert(id);
                    continue;
                }
                self.empty(node)?;
            } else if node.style() == Style::Block {
                self.remove_block(node, &gone)?;
            } else {
                self.remove_flow(node, &gone, refilled)?;
            }
        }
        Ok(pruned)
    }

    /// An anchor that goes must not be used elsewhere.
    fn check_anchors(&mut self, node: NodeRef<'_>, gone: &BTreeSet<usize>) -> Result<(), Refusal> {
        for index in gone {
            let Some((start, end)) = self.extent(node, *index) else { continue };
            let inside = |span: Span| start <= span.start as usize && span.end as usize <= end;
            if self.document.aliases().iter().any(|alias| inside(alias.anchor) && !inside(alias.span)) {
                return Err(Refusal::alias("an alias elsewhere uses the value that would be removed"));
            }
        }
        Ok(())
    }

    /// First byte of an entry or item, its hyphen excluded, and the place after its content.
    pub(super) fn extent(&self, node: NodeRef<'_>, index: usize) -> Option<(usize, usize)> {
        match node.kind() {
            Kind::Mapping => {
                let entry = node.entries().nth(index)?;
                let key = entry.key_span();
                Some((key.start as usize, self.written_end(entry.value()).max(self.after_colon(key.end as usize))))
            }
            _ => {
                let item = node.items().nth(index)?;
                Some((item.span().start as usize, self.written_end(item)))
            }
        }
    }

    /// The place after the text of a value where it stands: of an alias, after the alias.
    pub(super) fn written_end(&self, node: NodeRef<'_>) -> usize {
        if node.is_alias() { node.span().end as usize } else { self.content_end(node) }
    }

    /// The place after the colon that follows a key.
    pub(super) fn after_colon(&self, key_end: usize) -> usize {
        let rest = self.lines.text.get(key_end..self.lines.end(key_end)).unwrap_or_default();
        rest.find(':').map_or(key_end, |at| key_end + at + 1)
    }

    /// Does it mean nothing when it is empty, and can it go without anything else?
    fn prunes(&self, node: NodeRef<'_>) -> bool {
        let Some(entry) = self.document.entry_of(node.id()) else { return false };
        let anchored = self.document.aliases().iter().any(|alias| alias.anchor == node.content_span());
        PRUNED.contains(&entry.key()) && !entry.merged() && !anchored && !self.has_comments_of_its_own(node)
    }

    /// Comments between its entries that belong to none of them.
    fn has_comments_of_its_own(&self, node: NodeRef<'_>) -> bool {
        let from = self.lines.end(node.content_span().start as usize).min(self.content_end(node));
        let own: Vec<(usize, usize)> = (0..node.len())
            .filter_map(|index| {
                let (start, end) = self.extent(node, index)?;
                let begin = self.first_line(start, self.lines.column(self.hyphen(node, start)));
                Some((begin, self.lines.end(end)))
            })
            .collect();
        let region = match self.document.entry_of(node.id()) {
            Some(entry) => entry.key_span().end as usize..self.content_end(node),
            None => from..self.content_end(node),
        };
        let comments = self.document.comments().iter().map(|c| c.span);
        let within = comments.filter(|span| region.contains(&(span.start as usize)));
        let key_line = self.lines.end(region.start);
        within
            .filter(|span| span.start as usize > key_line || node.style() != Style::Block)
            .any(|span| !own.iter().any(|(start, end)| (*start..*end).contains(&(span.start as usize))))
    }

    /// The hyphen of an item of a list in block style; the place itself for anything else.
    pub(super) fn hyphen(&self, node: NodeRef<'_>, start: usize) -> usize {
        if node.kind() != Kind::Sequence || node.style() != Style::Block {
            return start;
        }
        let from = self.lines.start(start);
        let before = self.lines.text.get(from..start).unwrap_or_default();
        match before.rfind('-') {
            Some(at) => from + at,
            // The content begins on a later line than its hyphen.
            None => {
                let above = self.lines.text.get(..from).unwrap_or_default();
                above.rfind('-').unwrap_or(start)
            }
        }
    }

    /// The beginning of the line of an entry, or of the first comment directly above that is indented as it is.
    pub(super) fn first_line(&self, start: usize, column: usize) -> usize {
        let mut first = self.lines.start(start);
        while first > 0 {
            let above = self.lines.start(self.lines.before(first));
            let comments = self.document.comments();
            let is_comment = comments.iter().any(|comment| {
                let at = comment.span.start as usize;
                comment.own_line && self.lines.start(at) == above && self.lines.column(at) == column
            });
            if !is_comment {
                break;
            }
            first = above;
        }
        first
    }

    /// Removes some, not all, of what is in a collection in block style; or all where other entries come.
    fn remove_block(&mut self, node: NodeRef<'_>, gone: &BTreeSet<usize>) -> Result<(), Refusal> {
        let column = self.column(node);
        // An entry or item that shares its line with the hyphen before it hands that line on to the next that stays.
        let shares = |work: &Self, index: usize| {
            work.extent(node, index).is_some_and(|(start, _)| !work.lines.begins_line(work.hyphen(node, start)))
        };
        let mut skip = 0;
        if gone.contains(&0) && shares(self, 0) {
            if node.entries().any(|entry| entry.merged()) {
                return Err(Refusal::alias("a merge key stands beside the entry"));
            }
            let stays = (0..node.len()).find(|index| !gone.contains(index)).ok_or_else(Refusal::conflict)?;
            let at = |index| self.extent(node, index).map(|(start, end)| (self.hyphen(node, start), end));
            let (Some((first, _)), Some((_, last_end)), Some((next, _))) = (at(0), at(stays - 1), at(stays)) else {
                return Err(Refusal::conflict());
            };
            let comments = self.document.comments().iter().map(|comment| comment.span.start as usize);
            let line_end = self.lines.end(last_end);
            let between = comments.filter(|at| (line_end..next).contains(at)).count();
            if between > 0 {
                let from = self.lines.trimmed(self.lines.start(first), first);
                self.push(from, line_end, "", 0);
            } else {
                self.push(first, next, "", 0);
            }
            skip = stays;
        }
        for &index in gone.iter().filter(|index| **index >= skip) {
            let Some((start, end)) = self.extent(node, index) else { continue };
            let start = self.hyphen(node, start);
            if !self.lines.begins_line(start) {
                return Err(Refusal::shape("the entry shares its line with another"));
            }
            let from = self.first_line(start, column);
            self.cut_lines(from, self.lines.next(end.max(start)));
        }
        Ok(())
    }

    /// Removes some of what is in brackets, each with one comma.
    fn remove_flow(&mut self, node: NodeRef<'_>, gone: &BTreeSet<usize>, refilled: bool) -> Result<(), Refusal> {
        if refilled {
            // The comma between what goes at the end and what comes there is one edit's alone.
            return Err(Refusal::conflict());
        }
        if node.entries().any(|entry| entry.merged()) {
            return Err(Refusal::alias("a merge key stands between the brackets"));
        }
        let mut index = 0;
        while index < node.len() {
            if !gone.contains(&index) {
                index += 1;
                continue;
            }
            let first = index;
            while gone.contains(&index) {
                index += 1;
            }
            let (Some((start, _)), Some((_, end))) = (self.extent(node, first), self.extent(node, index - 1)) else {
                return Err(Refusal::conflict());
            };
            if let Some((next, _)) = self.extent(node, index) {
                let to = if self.comment_in(end, next) { self.after_comma(end, next) } else { next };
                self.push(start, to, "", 0);
            } else if let Some((_, before)) = first.checked_sub(1).and_then(|before| self.extent(node, before)) {
                if self.comment_in(before, start) {
                    self.push(start, end, "", 0);
                } else {
                    self.push(before, end, "", 0);
                }
            }
        }
        Ok(())
    }

    pub(super) fn comment_in(&self, from: usize, to: usize) -> bool {
        self.document.comments().iter().any(|comment| (from..to).contains(&(comment.span.start as usize)))
    }

    fn after_comma(&self, from: usize, to: usize) -> usize {
        self.lines.text.get(from..to).and_then(|text| text.find(',')).map_or(from, |at| from + at + 1)
    }

    /// Leaves `{}` or `[]`.
    fn empty(&mut self, node: NodeRef<'a>) -> Result<(), Refusal> {
        let brackets = if node.kind() == Kind::Mapping { "{}" } else { "[]" };
        if node.id() == NodeId::ROOT {
            return Err(Refusal::shape("the whole document would go"));
        }
        self.replace_collection(node, brackets)
    }

    /// Puts a text on one line in the place of a collection.
    pub(super) fn replace_collection(&mut self, node: NodeRef<'a>, text: &str) -> Result<(), Refusal> {
        let span = node.content_span();
        let (start, end) = (span.start as usize, self.content_end(node));
        if node.style() != Style::Block || self.document.entry_of(node.id()).is_none() {
            self.push(start, end, text, 0);
            return Ok(());
        }
        self.cut_content(node)?;
        let key_end = self.document.entry_of(node.id()).map_or(start, |entry| entry.key_span().end as usize);
        let at = self.end_of_key_line(key_end);
        self.push(at, at, format!(" {text}"), 0);
        Ok(())
    }

    /// The place on a key's line behind the colon and the anchor or tag of a value that begins on a later line.
    pub(super) fn end_of_key_line(&self, key_end: usize) -> usize {
        let colon = self.after_colon(key_end);
        let end = self.lines.end(colon);
        let comments = self.document.comments().iter().map(|comment| comment.span.start as usize);
        let comment = comments.filter(|at| (colon..end).contains(at)).min().unwrap_or(end);
        self.lines.trimmed(colon, comment)
    }

    /// Removes the lines of all entries or items of a collection in block style, with the comments that are theirs.
    pub(super) fn cut_content(&mut self, node: NodeRef<'_>) -> Result<(), Refusal> {
        let column = self.column(node);
        for index in 0..node.len() {
            let Some((start, end)) = self.extent(node, index) else { continue };
            let start = self.hyphen(node, start);
            if !self.lines.begins_line(start) {
                return Err(Refusal::shape("the entry shares its line with another"));
            }
            let from = self.first_line(start, column);
            self.cut_lines(from, self.lines.next(end));
        }
        Ok(())
    }
}
