//! Marks in values: a text that nothing else has, to see where a value goes.

use std::ops::Range;

const WORD: &str = "zq7";
const NUMBER: &str = "47113";

/// A patch on one line is edited as a whole: its end is no end of a value.
pub fn is_whole_patch(shown: &str) -> bool {
    shown.ends_with(['}', ']'])
        || shown.ends_with('\'') && shown.contains('[')
        || shown.ends_with('"') && shown.contains('{')
}

/// The text with a mark in the value that a place in it ends with, and the mark. None where that would be no value any
/// more: behind a collection, or where several lines are no text.
pub fn marked(text: &str, place: Range<usize>, is_number: bool) -> Option<(String, &'static str)> {
    let shown = text.get(place.clone())?.trim_end();
    let end = place.start + shown.len();
    let first = shown.lines().next().unwrap_or_default();
    if is_whole_patch(shown) || first.len() < shown.len() && !first.contains(['|', '>']) {
        return None;
    }
    let mut out = text.to_owned();
    if is_number {
        let digits = shown.len() - shown.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        // A number that is a text stays one.
        let end = end - usize::from(digits == 0 && shown.ends_with(['"', '\'']));
        let digits = text.get(..end)?.len() - text.get(..end)?.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        out.replace_range(end - digits..end, NUMBER);
        return (digits > 0).then_some((out, NUMBER));
    }
    let last = shown.chars().next_back()?;
    match last {
        // A prefix ends with its sign, a path with its slash.
        '"' | '\'' | '-' | '/' => out.insert_str(end - 1, WORD),
        last if last.is_ascii_alphanumeric() => out.insert_str(end, WORD),
        _ => return None,
    }
    Some((out, WORD))
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn the_mark_is_in_the_value() {
        let of = |text: &str, is_number| marked(text, 0..text.len(), is_number).map(|(text, _)| text);
        assert_eq!(of("a: b", false).as_deref(), Some("a: bzq7"));
        assert_eq!(of("a: 'b'", false).as_deref(), Some("a: 'bzq7'"));
        assert_eq!(of("namePrefix: b-", false).as_deref(), Some("namePrefix: bzq7-"));
        assert_eq!(of("port: 80", true).as_deref(), Some("port: 47113"));
        assert_eq!(of("value: \"80\"", true).as_deref(), Some("value: \"47113\""));
        assert_eq!(of("a: |\n  b\n", false).as_deref(), Some("a: |\n  bzq7\n"));
        assert_eq!(of("a: {b: c}", false), None);
        assert_eq!(of("a:\n  b: c", false), None);
    }
}
