//! Messages hold names and fields between backticks. This takes them apart, so that each format marks them its own way
//! and escapes everything: what stands between the backticks may come from a stranger's manifest.

use std::borrow::Cow;

/// A message as words and code, in turn; a backtick without a partner is text.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let whole = text.matches('`').count().is_multiple_of(2);
    let parts: Vec<&str> = if whole { text.split('`').collect() } else { vec![text] };
    parts.into_iter().enumerate().map(|(index, part)| (index % 2 == 1, part)).filter(|(_, part)| !part.is_empty())
}

/// Characters that make a reader see another text than a parser does: controls, and the ones that turn the direction
/// of writing.
pub(crate) fn misleads(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Text for a terminal: a name from a manifest must not move the cursor, colour the screen, or turn a line around.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(misleads) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if misleads(c) { '\u{FFFD}' } else { c }).collect())
}

#[cfg(test)]
mod tests {
    use super::{pieces, shown};

    #[test]
    fn a_terminal_gets_no_orders_from_a_name() {
        assert_eq!(shown("a\u{1b}[2J\u{202e}b\nc"), "a\u{FFFD}[2J\u{FFFD}b\u{FFFD}c");
        assert!(matches!(shown("plain ä"), std::borrow::Cow::Borrowed("plain ä")));
    }

    #[test]
    fn code_is_what_stands_between_two_backticks() {
        let all: Vec<_> = pieces("set `a: b` here").collect();
        assert_eq!(all, [(false, "set "), (true, "a: b"), (false, " here")]);
        assert_eq!(pieces("a ` b").collect::<Vec<_>>(), [(false, "a ` b")]);
        assert_eq!(pieces("`a``b`").collect::<Vec<_>>(), [(true, "a"), (true, "b")]);
    }
}
