//! Text with a name, and where its lines are.

use crate::{Problem, Severity, Span};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A file's text. Offsets are bytes of this text, not of the file: a byte order mark is dropped and UTF-16 is decoded.
#[derive(Debug)]
pub struct Source {
    name: Arc<str>,
    text: String,
    encoding: Encoding,
    lines: OnceLock<Vec<u32>>,
    /// At each multiple of [`STRIDE`]: how many characters begin before it. Made for the first place that is far into
    /// its line.
    counts: OnceLock<Vec<u32>>,
}

/// Bytes between two counts of characters: a minified file is one line, and its columns must not be counted from its
/// start for every finding.
const STRIDE: usize = 1024;

/// How a text lies in its file.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-8 behind a byte order mark.
    Utf8Mark,
    /// UTF-16, low byte first, behind a byte order mark.
    Utf16Little,
    /// UTF-16, high byte first, behind a byte order mark.
    Utf16Big,
}

impl Encoding {
    /// The encoding that the first bytes of a file announce.
    pub fn of(bytes: &[u8]) -> Encoding {
        match bytes {
            [0xFF, 0xFE, ..] => Encoding::Utf16Little,
            [0xFE, 0xFF, ..] => Encoding::Utf16Big,
            [0xEF, 0xBB, 0xBF, ..] => Encoding::Utf8Mark,
            _ => Encoding::Utf8,
        }
    }

    /// A text as bytes of a file, its mark included.
    pub fn encode(self, text: &str) -> Vec<u8> {
        let units = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
            mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect()
        };
        match self {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf8Mark => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            Encoding::Utf16Little => units([0xFF, 0xFE], u16::to_le_bytes),
            Encoding::Utf16Big => units([0xFE, 0xFF], u16::to_be_bytes),
        }
    }
}

/// A place a person can find: line and column count from 1, columns in Unicode scalar values.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in Unicode scalar values.
    pub column: u32,
}

impl Source {
    /// Names a text.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<String>) -> Arc<Source> {
        Self::encoded(name, text, Encoding::Utf8)
    }

    /// As [`new`](Self::new), of a text that lies in its file in this encoding.
    pub fn encoded(name: impl Into<Arc<str>>, text: impl Into<String>, encoding: Encoding) -> Arc<Source> {
        Arc::new(Source {
            name: name.into(),
            text: text.into(),
            encoding,
            lines: OnceLock::new(),
            counts: OnceLock::new(),
        })
    }

    /// Decodes a file: UTF-8 with or without a mark, UTF-16 of either order with one. What is not valid becomes
    /// U+FFFD, with a warning `input/encoding` at the first place.
    pub fn decode(name: impl Into<Arc<str>>, bytes: Vec<u8>) -> (Arc<Source>, Vec<Problem>) {
        let mut problems = Vec::new();
        let encoding = Encoding::of(&bytes);
        let text = match bytes.as_slice() {
            [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes, &mut problems),
            [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes, &mut problems),
            _ => utf8(bytes, &mut problems),
        };
        (Source::encoded(name, text, encoding), problems)
    }

    /// How the text lies in its file.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The name, as messages print it.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same text with dots in place of these ranges, for excerpts: every character keeps its place and its width in
    /// bytes, so that positions of the one hold in the other. Line breaks stay.
    pub fn masked(&self, ranges: &[Span]) -> Arc<Source> {
        let mut sorted = ranges.to_vec();
        sorted.sort_by_key(|range| range.start);
        let mut rest = sorted.into_iter().peekable();
        // End of what is hidden so far.
        let mut until = 0;
        let mask = |(at, c): (usize, char)| {
            while let Some(range) = rest.next_if(|range| range.start as usize <= at) {
                until = until.max(range.end as usize);
            }
            match c.len_utf8() {
                _ if matches!(c, '\n' | '\r') || at >= until => c,
                1 => '*',
                2 => '·',
                3 => '•',
                _ => '\u{1F784}',
            }
        };
        Source::new(Arc::clone(&self.name), self.text.char_indices().map(mask).collect::<String>())
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let mut lines = vec![0];
            for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
                // CR LF is one break, counted at its LF.
                if bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n') {
                    continue;
                }
                lines.push(at as u32 + 1);
            }
            lines
        })
    }

    /// Line and column of a byte offset; offsets past the end give the end.
    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let lines = self.lines();
        let line = lines.partition_point(|&start| start as usize <= offset).max(1);
        let start = lines.get(line - 1).copied().unwrap_or(0) as usize;
        let column = if offset - start <= STRIDE {
            characters(&self.text.as_bytes()[start..offset])
        } else {
            self.characters_before(offset) - self.characters_before(start)
        };
        Position { line: line as u32, column: column as u32 + 1 }
    }

    /// How many characters begin before an offset that lies within the text.
    fn characters_before(&self, offset: usize) -> usize {
        let bytes = self.text.as_bytes();
        let counts = self.counts.get_or_init(|| {
            let mut count = 0;
            let add = |stride: &[u8]| {
                count += characters(stride) as u32;
                count
            };
            std::iter::once(0).chain(bytes.chunks_exact(STRIDE).map(add)).collect()
        });
        let stride = offset / STRIDE;
        counts[stride] as usize + characters(&bytes[stride * STRIDE..offset])
    }

    /// Bytes of a line (from 1) without its break; empty past the last line.
    pub fn line_range(&self, line: u32) -> Range<usize> {
        let lines = self.lines();
        let index = (line.max(1) - 1) as usize;
        let Some(&start) = lines.get(index) else { return self.text.len()..self.text.len() };
        let start = start as usize;
        let end = lines.get(index + 1).map_or(self.text.len(), |&next| next as usize);
        let text = self.text.get(start..end).unwrap_or_default();
        start..start + text.trim_end_matches(['\n', '\r']).len()
    }

    /// Number of lines; a break at the very end begins no line.
    pub fn line_count(&self) -> u32 {
        let lines = self.lines();
        let last_is_empty = lines.len() > 1 && lines.last().is_some_and(|&start| start as usize == self.text.len());
        (lines.len() - usize::from(last_is_empty)) as u32
    }
}

/// How many characters begin in these bytes of UTF-8: all but those that go on with one.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

fn problem(span: Span, message: String, hint: &str) -> Problem {
    Problem { code: "input/encoding", severity: Severity::Warning, span, message, hint: Some(hint.to_owned()) }
}

fn utf8(mut bytes: Vec<u8>, problems: &mut Vec<Problem>) -> String {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let start = error.utf8_error().valid_up_to() as u32;
            let byte = error.as_bytes().get(start as usize).copied().unwrap_or(0);
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            problems.push(problem(
                Span { start, end: start + 3 },
                format!("byte 0x{byte:02X} is not valid UTF-8 here; read as U+FFFD"),
                "save the file as UTF-8",
            ));
            text
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, problems: &mut Vec<Problem>) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len() / 2);
    let mut bad = (bytes.len() % 2 == 1).then_some(None);
    for result in char::decode_utf16(units) {
        text.push(result.unwrap_or_else(|_| {
            if !matches!(bad, Some(Some(_))) {
                bad = Some(Some(text.len() as u32));
            }
            char::REPLACEMENT_CHARACTER
        }));
    }
    if let Some(place) = bad {
        let start = place.unwrap_or(text.len() as u32);
        if place.is_none() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        problems.push(problem(
            Span { start, end: start + 3 },
            "half a character of UTF-16; read as U+FFFD".to_owned(),
            "save the file as UTF-8",
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_every_position() {
        let source = Source::new("t", "a: hünt€r😀\nb: é\n");
        let masked = source.masked(&[Span { start: 3, end: 18 }]);
        assert_eq!(masked.text(), "a: *·**•*\u{1F784}\n*: é\n");
        assert_eq!(masked.text().len(), source.text().len());
        assert_eq!(masked.position(20), source.position(20));
    }

    fn at(text: &str, offset: u32) -> (u32, u32) {
        let position = Source::new("t", text).position(offset);
        (position.line, position.column)
    }

    #[test]
    fn lines_end_at_lf_crlf_and_cr() {
        let text = "a\r\nbä\rc\n";
        assert_eq!(at(text, 0), (1, 1));
        assert_eq!(at(text, 3), (2, 1));
        assert_eq!(at(text, 6), (2, 3));
        assert_eq!(at(text, 7), (3, 1));
        assert_eq!(at(text, 99), (4, 1));
        let source = Source::new("t", text);
        assert_eq!(source.line_count(), 3);
        assert_eq!(&text[source.line_range(2)], "bä");
        assert_eq!(source.line_range(9), 9..9);
        assert_eq!(Source::new("t", "").line_count(), 1);
    }

    #[test]
    fn columns_far_into_a_line_are_counted_from_near() {
        let mut text = "ä\n".to_owned();
        while text.len() < 4 * STRIDE {
            text.push_str("{\"a\": \"ü€\", 😀}");
        }
        text.push_str("\nb: é");
        let source = Source::new("t", text.as_str());
        let (mut line, mut column) = (1, 1);
        for (offset, c) in text.char_indices() {
            assert_eq!(source.position(offset as u32), Position { line, column });
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        assert_eq!(source.position(text.len() as u32), Position { line, column });
    }

    #[test]
    fn utf16_and_bad_bytes_are_read() {
        let (source, problems) = Source::decode("t", b"\xFF\xFEa\0\xe4\0".to_vec());
        assert_eq!((source.text(), problems.len()), ("aä", 0));
        let (source, problems) = Source::decode("t", b"\xFE\xFF\0a\xD8\0\0b\0".to_vec());
        assert_eq!((source.text(), problems.len()), ("a\u{FFFD}b", 1));
        let (source, problems) = Source::decode("t", b"\xEF\xBB\xBFa\xFFb".to_vec());
        assert_eq!((source.text(), problems[0].span), ("a\u{FFFD}b", Span { start: 1, end: 4 }));
    }

    #[test]
    fn what_was_read_is_written_as_it_was() {
        let files: [&[u8]; 4] = [b"a\xC3\xA4", b"\xEF\xBB\xBFa", b"\xFF\xFEa\0\x3D\xD8\x00\xDE", b"\xFE\xFF\0a\0\xE4"];
        for bytes in files {
            let (source, problems) = Source::decode("t", bytes.to_vec());
            assert!(problems.is_empty());
            assert_eq!(source.encoding().encode(source.text()), bytes);
        }
    }
}
