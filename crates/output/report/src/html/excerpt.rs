//! Lines of a source with a range marked.

use super::text::escape;
use ironclad_tree::{Source, Span};
use std::fmt::Write as _;

/// Lines shown before and after the range.
const AROUND: u32 = 2;
/// Most lines of the range itself.
const TALL: u32 = 8;
/// Most characters of a line.
const WIDE: usize = 240;

/// Writes the lines around a range, numbered, the range in a `mark`. `context` is a line above that says where it is.
pub(super) fn write(source: &Source, span: Span, context: Option<u32>, out: &mut String) {
    let (start, end) = (source.position(span.start), source.position(span.end.max(span.start)));
    let first = start.line.saturating_sub(AROUND).max(1);
    let last_marked = end.line.min(start.line + TALL - 1);
    let last = (last_marked + AROUND).min(source.line_count());
    out.push_str("<pre class=\"x\">");
    if let Some(line) = context.filter(|line| *line < first) {
        write_line(source, line, None, out);
        if line + 1 < first {
            out.push_str("<span><i class=\"gap\">⋮</i>\n</span>");
        }
    }
    for line in first..=last {
        write_line(source, line, (start.line..=last_marked).contains(&line).then_some(span), out);
        if line == last_marked && end.line > last_marked {
            out.push_str("<span><i class=\"gap\">⋮</i>\n</span>");
        }
    }
    out.push_str("</pre>");
}

fn write_line(source: &Source, line: u32, marked: Option<Span>, out: &mut String) {
    let range = source.line_range(line);
    let text = source.text().get(range.clone()).unwrap_or_default();
    // A line is a block of its own, so that what is wrapped stays beside its number.
    let _ = write!(out, "<span><i>{line}</i>");
    let Some(span) = marked else {
        let _ = write!(out, "{}\n</span>", clipped(text));
        return;
    };
    let at = |offset: u32| floor(text, (offset as usize).saturating_sub(range.start).min(text.len()));
    let indent = text.len() - text.trim_start().len();
    let from = at(span.start).max(if (span.start as usize) < range.start { indent } else { 0 });
    let to = at(span.end).max(from).min(from + text[from..].trim_end().len());
    let (before, inside, after) = (&text[..from], &text[from..to], &text[to..]);
    if inside.is_empty() && !text.is_empty() {
        let _ = write!(out, "{}\n</span>", clipped(text));
        return;
    }
    let _ = write!(out, "{}<mark>{}</mark>{}\n</span>", head_clipped(before), clipped(inside), clipped(after));
}

/// The beginning of a text that may be long.
fn clipped(text: &str) -> String {
    match text.char_indices().nth(WIDE) {
        Some((at, _)) => format!("{}…", escape(&text[..at])),
        None => escape(text),
    }
}

/// The end of a text that may be long.
fn head_clipped(text: &str) -> String {
    match text.char_indices().rev().nth(WIDE / 2) {
        Some((at, _)) => format!("…{}", escape(&text[at..])),
        None => escape(text),
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, start: u32, end: u32) -> String {
        let mut out = String::new();
        write(&Source::new("t", text), Span { start, end }, None, &mut out);
        out
    }

    #[test]
    fn ranges_are_marked_on_each_of_their_lines() {
        let text = "a: 1\nb:\n  c: <x>\n  d: 2\ne: 3\n";
        let from = text.find("c:").unwrap() as u32;
        let to = text.find("\ne:").unwrap() as u32;
        assert_eq!(
            excerpt(text, from, to),
            "<pre class=\"x\"><span><i>1</i>a: 1\n</span><span><i>2</i>b:\n</span><span><i>3</i>  <mark>c: &lt;x&gt;</mark>\n</span><span><i>4</i>  <mark>d: 2</mark>\n</span><span><i>5</i>e: 3\n</span></pre>"
        );
    }

    #[test]
    fn odd_ranges_do_no_harm() {
        for (text, start, end) in [("", 0, 0), ("ä", 1, 9), ("a\r\nb", 1, 3), ("x", 5, 2)] {
            let out = excerpt(text, start, end);
            assert!(out.starts_with("<pre class=\"x\"><span><i>1</i>") && out.ends_with("</pre>"), "{out}");
        }
        let long = excerpt(&format!("{}TARGET{}", "a".repeat(5000), "b".repeat(5000)), 5000, 5006);
        assert!(long.contains("<mark>TARGET</mark>") && long.len() < 1000, "{long}");
    }
}
