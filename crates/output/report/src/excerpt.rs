//! Lines of a source with a range underlined.

use crate::inline;
use anstyle::Style;
use ironclad_tree::{Source, Span};
use std::fmt::Write;
use unicode_width::UnicodeWidthChar;

/// Columns of text that are shown where nothing bounds them.
const UNBOUNDED: usize = 160;

/// What is shown of a source.
pub(crate) struct Excerpt<'a> {
    pub(crate) source: &'a Source,
    pub(crate) span: Span,
    /// A line above that says where the range is.
    pub(crate) context: Option<u32>,
    /// What stands behind the underline.
    pub(crate) label: Option<&'a str>,
    /// Colour of the underline.
    pub(crate) style: Style,
    pub(crate) gutter: Style,
    pub(crate) width: Option<usize>,
}

/// Width of the numbers of lines up to this one.
pub(crate) fn number_width(line: u32) -> usize {
    line.to_string().len()
}

impl Excerpt<'_> {
    /// Writes the lines; each begins with its number in `numbers` columns.
    pub(crate) fn write(&self, numbers: usize, out: &mut String) {
        let start = self.source.position(self.span.start);
        let gutter = self.gutter;
        if let Some(line) = self.context.filter(|&line| line < start.line) {
            let text = self.line(line);
            let (shown, ..) = clip(&text, 0, 0, self.room(numbers));
            let _ = writeln!(out, "{gutter}{line:<numbers$} │{gutter:#} {shown}");
            if line + 1 < start.line {
                let _ = writeln!(out, "{gutter}{:<numbers$} ┆{gutter:#}", "");
            }
        }
        let range = self.source.line_range(start.line);
        let text = self.line(start.line);
        // A range over several lines is underlined on its first.
        let from = (self.span.start as usize).saturating_sub(range.start).min(text.len());
        let to = (self.span.end as usize).saturating_sub(range.start).clamp(from, text.len());
        let to = from + text.get(from..to).map_or(0, |part| part.trim_end().len());
        let (shown, before, marked) = clip(&text, from, to, self.room(numbers));
        let _ = writeln!(out, "{gutter}{:<numbers$} │{gutter:#} {shown}", start.line);
        let style = self.style;
        let label = self.label.map(|label| format!(" {}", inline::shown(label))).unwrap_or_default();
        let marks = "^".repeat(marked.max(1));
        let _ = writeln!(out, "{gutter}{:<numbers$} │{gutter:#} {:before$}{style}{marks}{label}{style:#}", "", "");
    }

    fn line(&self, line: u32) -> String {
        let text = self.source.text().get(self.source.line_range(line)).unwrap_or_default();
        // Control characters would move the cursor, or worse; others would turn the line around.
        text.chars()
            .map(|c| {
                if c.is_control() {
                    ' '
                } else if inline::misleads(c) {
                    '\u{FFFD}'
                } else {
                    c
                }
            })
            .collect()
    }

    fn room(&self, numbers: usize) -> usize {
        self.width.unwrap_or(UNBOUNDED).saturating_sub(numbers + 3).max(40)
    }
}

/// The part of a line that fits, with the columns before the range and those of the range. Offsets are bytes of a text
/// whose control characters are one byte wide.
fn clip(text: &str, from: usize, to: usize, room: usize) -> (String, usize, usize) {
    let columns = |text: &str| text.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
    let from = floor(text, from);
    let to = floor(text, to.max(from));
    let all = columns(text);
    let before = columns(&text[..from]);
    let marked = columns(&text[from..to]);
    if all <= room {
        return (text.to_owned(), before, marked);
    }
    // Keep the beginning of the range in the first third.
    let skip = if before + marked.min(room / 2) + 1 < room { 0 } else { before.saturating_sub(room / 3) };
    let mut shown = String::new();
    let mut column = 0;
    let mut used = 0;
    if skip > 0 {
        shown.push('…');
        used = 1;
    }
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if column >= skip {
            if used + width > room - 1 {
                shown.push('…');
                break;
            }
            shown.push(c);
            used += width;
        }
        column += width;
    }
    let before = before - skip + usize::from(skip > 0);
    (shown, before, marked.min(room.saturating_sub(before)))
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_clipped_around_the_range() {
        let text = format!("{}TARGET{}", "a".repeat(200), "b".repeat(200));
        let (shown, before, marked) = clip(&text, 200, 206, 60);
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        let part: String = shown.chars().skip(before).take(marked).collect();
        assert_eq!(part, "TARGET");
        let (shown, before, marked) = clip("name: 日本語", 6, 15, 60);
        assert_eq!((shown.as_str(), before, marked), ("name: 日本語", 6, 6));
    }
}
