//! Replacements of bytes, and what a text's layout says: lines, columns, breaks.

use crate::Refusal;
use ironclad_tree::Span;

/// These bytes become this text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Bytes that go; none of them for an insertion.
    pub span: Span,
    /// What stands there instead.
    pub text: String,
}

/// A change and how deep the text lies that it inserts: at one place the deepest comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) change: Change,
    pub(crate) column: usize,
}

/// Sorts, drops repetitions, and refuses what overlaps.
pub(crate) fn settle(mut planned: Vec<Planned>) -> Result<Vec<Change>, Refusal> {
    let key = |p: &Planned| (p.change.span.start, p.change.span.end, std::cmp::Reverse(p.column));
    planned.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.change.text.cmp(&b.change.text)));
    planned.dedup();
    let mut changes: Vec<Change> = Vec::new();
    for Planned { change, .. } in planned {
        let end = changes.last().map_or(0, |last| last.span.end);
        if change.span.start < end {
            return Err(Refusal::conflict());
        }
        changes.push(change);
    }
    Ok(changes)
}

/// The changes of several documents of one text, in order.
pub(crate) fn merge(changes: Vec<Change>) -> Result<Vec<Change>, Refusal> {
    let mut changes = changes;
    changes.sort_by_key(|change| (change.span.start, change.span.end));
    changes.dedup();
    let overlap = changes.windows(2).any(|pair| matches!(pair, [a, b] if b.span.start < a.span.end));
    if overlap { Err(Refusal::conflict()) } else { Ok(changes) }
}

/// The text with its changes made. They are in order and do not overlap.
pub fn apply(text: &str, changes: &[Change]) -> String {
    let mut out = String::with_capacity(text.len() + changes.iter().map(|c| c.text.len()).sum::<usize>());
    let mut at = 0;
    for change in changes {
        out.push_str(text.get(at..change.span.start as usize).unwrap_or_default());
        out.push_str(&change.text);
        at = change.span.end as usize;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// A text whose lines are asked for by place.
#[derive(Clone, Copy)]
pub(crate) struct Lines<'a> {
    pub(crate) text: &'a str,
}

impl<'a> Lines<'a> {
    fn bytes(self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// First byte of the line that holds this place.
    pub(crate) fn start(self, at: usize) -> usize {
        let before = self.bytes().get(..at).unwrap_or_default();
        memchr::memrchr2(b'\n', b'\r', before).map_or(0, |found| found + 1)
    }

    /// The end of that line, before its break.
    pub(crate) fn end(self, at: usize) -> usize {
        let rest = self.bytes().get(at..).unwrap_or_default();
        memchr::memchr2(b'\n', b'\r', rest).map_or(self.text.len(), |found| at + found)
    }

    /// First byte of the next line, or the end of the text.
    pub(crate) fn next(self, at: usize) -> usize {
        let end = self.end(at);
        end + self.break_len(end)
    }

    /// A place on the line before the one that begins here.
    pub(crate) fn before(self, start: usize) -> usize {
        match self.bytes().get(..start) {
            Some([.., b'\r', b'\n']) => start - 2,
            _ => start.saturating_sub(1),
        }
    }

    fn break_len(self, at: usize) -> usize {
        match self.bytes().get(at..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\n' | b'\r', ..]) => 1,
            _ => 0,
        }
    }

    /// Is there a break at the end of the line that holds this place?
    pub(crate) fn is_broken(self, at: usize) -> bool {
        self.break_len(self.end(at)) > 0
    }

    /// Characters before this place on its line.
    pub(crate) fn column(self, at: usize) -> usize {
        self.text.get(self.start(at)..at).map_or(0, |before| before.chars().count())
    }

    /// Blanks at the beginning of its line.
    pub(crate) fn indentation(self, at: usize) -> &'a str {
        let line = self.text.get(self.start(at)..self.end(at)).unwrap_or_default();
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// Is there nothing but blanks before this place on its line?
    pub(crate) fn begins_line(self, at: usize) -> bool {
        // Not from the line's start: a whole cluster can be on one line, and this is asked of every node.
        let mut before = self.bytes().get(..at).unwrap_or_default().iter().rev();
        before.find(|b| !matches!(b, b' ' | b'\t')).is_none_or(|b| matches!(b, b'\n' | b'\r'))
    }

    /// The break that this text uses: that of the line before the place, else the first one.
    pub(crate) fn break_at(self, at: usize) -> &'a str {
        let of = |end: usize| self.text.get(end..end + self.break_len(end)).filter(|b| !b.is_empty());
        let own = of(self.end(at));
        own.or_else(|| of(self.end(0))).unwrap_or("\n")
    }

    /// The place after the last byte of `from..to` that is no blank and no break.
    pub(crate) fn trimmed(self, from: usize, to: usize) -> usize {
        self.text.get(from..to).map_or(to, |part| from + part.trim_end().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(start: u32, end: u32, text: &str, column: usize) -> Planned {
        Planned { change: Change { span: Span { start, end }, text: text.to_owned() }, column }
    }

    #[test]
    fn changes_are_made_in_order_and_never_over_each_other() {
        let changes = settle(vec![change(4, 4, "outer\n", 0), change(4, 4, "  inner\n", 2), change(0, 1, "x", 0)]);
        assert_eq!(apply("abc\n", &changes.unwrap()), "xbc\n  inner\nouter\n");
        assert!(settle(vec![change(0, 4, "", 0), change(2, 3, "x", 0)]).is_err());
        let twice = settle(vec![change(0, 1, "x", 0), change(0, 1, "x", 0)]).unwrap();
        assert_eq!(twice.len(), 1);
        // What is inserted where a removal begins or ends is beside it, not in it.
        assert!(settle(vec![change(0, 4, "", 0), change(4, 4, "x", 0), change(0, 0, "y", 0)]).is_ok());
    }

    #[test]
    fn lines_of_every_kind_of_break() {
        let lines = Lines { text: "a\r\n  b\rc" };
        assert_eq!((lines.start(5), lines.end(5), lines.next(5)), (3, 6, 7));
        assert_eq!((lines.break_at(0), lines.break_at(4), lines.break_at(7)), ("\r\n", "\r", "\r\n"));
        assert!(lines.begins_line(5) && !lines.begins_line(6) && lines.is_broken(4) && !lines.is_broken(7));
        assert_eq!(lines.column(5), 2);
    }
}
