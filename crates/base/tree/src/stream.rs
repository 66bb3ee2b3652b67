//! A text to its documents: `YAMLOrJSONDecoder` of `k8s.io/apimachinery/pkg/util/yaml`.
//!
//! A text whose first character is `{` is read as a stream of JSON values until one fails; unless two have been read
//! by then, the rest is YAML. YAML splits at lines that begin with `---`. Where kubectl stops at the first broken
//! document, this reader goes on with the next one.

use crate::build::Builder;
use crate::document::{Comment, Document};
use crate::json;
use crate::parser::Parser;
use crate::problem::{Failure, Limits, Problem};
use crate::{Source, Span};
use std::ops::Range;
use std::sync::Arc;

/// What a text holds.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The documents that could be read; those without content (or `null`) give nothing, as with kubectl.
    pub documents: Vec<Document>,
    /// What could not be read, in the order of the text.
    pub problems: Vec<Problem>,
    /// Was it read as JSON from the first byte to the last?
    pub json_stream: bool,
    /// Comments that lie in no document, such as those before the first `---`.
    pub comments: Vec<Comment>,
}

/// Reads every document of a text. Never fails as a whole and never panics.
pub fn parse(source: &Arc<Source>, limits: &Limits) -> Parsed {
    let mut parsed = Parsed::default();
    let text = source.text();
    if text.len() > limits.document_bytes.min(u32::MAX as usize - 16).saturating_mul(4) {
        parsed.problems.push(too_large(0, text.len(), limits));
        return parsed;
    }
    let mut at = 0;
    let mut json_failure = None;
    if text.trim_start().starts_with('{') {
        parsed.json_stream = true;
        match read_json(source, limits, &mut parsed) {
            Ok(()) => return parsed,
            Err((failure, resume, objects)) => {
                if objects > 1 {
                    parsed.problems.push(failure.into_problem());
                    return parsed;
                }
                parsed.json_stream = false;
                at = eat_blanks(text, resume);
                json_failure = Some(failure);
            }
        }
    }
    read_yaml(source, at, limits, json_failure, &mut parsed);
    // What is missing at the very end is pointed at there, and nothing lies behind it.
    let length = text.len() as u32;
    for problem in &mut parsed.problems {
        problem.span.end = problem.span.end.min(length);
        problem.span.start = problem.span.start.min(problem.span.end);
    }
    parsed
}

/// Reads JSON values up to the end. On failure: why, where the last good value ended, how many there were.
fn read_json(source: &Arc<Source>, limits: &Limits, parsed: &mut Parsed) -> Result<(), (Failure, usize, usize)> {
    let text = source.text();
    let mut builder = Builder::new(source, *limits);
    let mut at = 0;
    let mut objects = 0;
    loop {
        let start = at + text[at..].bytes().take_while(|b| matches!(b, b' ' | b'\n' | b'\t' | b'\r')).count();
        if start == text.len() {
            return Ok(());
        }
        let mut arena = String::new();
        let end = match json::read(&mut builder, text, start, &mut arena) {
            Ok((end, None)) => end,
            Ok((end, Some(failure))) => {
                parsed.problems.push(failure.into_problem());
                builder.reset();
                objects += 1;
                at = end;
                continue;
            }
            Err(failure) => return Err((failure, at, objects)),
        };
        let span = Span { start: start as u32, end: end as u32 };
        if end - start > limits.document_bytes {
            parsed.problems.push(too_large(start, end, limits));
            builder.reset();
        } else {
            match builder.finish(span, arena, Vec::new(), true) {
                Ok(document) => parsed.documents.extend(document),
                Err(failure) => parsed.problems.push(failure.into_problem()),
            }
        }
        objects += 1;
        at = end;
    }
}

/// Blanks up to and including the first line feed.
fn eat_blanks(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    for (offset, c) in rest.char_indices() {
        if !c.is_whitespace() {
            return from + offset;
        }
        if c == '\n' {
            return from + offset + 1;
        }
    }
    text.len()
}

fn read_yaml(
    source: &Arc<Source>,
    from: usize,
    limits: &Limits,
    mut json_failure: Option<Failure>,
    parsed: &mut Parsed,
) {
    let text = source.text();
    let bytes = text.as_bytes();
    let mut parser = Parser::new(source, *limits);
    // The buffer of kubectl's reader: a separator before which there is nothing is part of the document after it.
    let mut chunk = from;
    let mut at = from;
    // `at` is the beginning of a line: the first one, then those that begin with `---`.
    while at < text.len() {
        let line_end = memchr::memchr(b'\n', &bytes[at..]).map_or(text.len(), |n| at + n);
        if bytes[at..].starts_with(b"---") {
            let after = (line_end + 1).min(text.len());
            let rest = text[at + 3..line_end].trim();
            let valid = rest.is_empty() || rest.starts_with('#');
            if !valid {
                let hint = if rest.starts_with('-') {
                    "a separator is `---` alone; more hyphens are not one"
                } else {
                    "move what follows `---` to the next line"
                };
                parsed.problems.push(
                    Failure::new("input/separator", at, line_end, "kubectl accepts nothing but a comment after `---`")
                        .hint(hint)
                        .into_problem(),
                );
            }
            if chunk < at || !valid {
                read_chunk(&mut parser, text, chunk..at, limits, &mut json_failure, parsed);
                chunk = after;
                if let Some(offset) = text[at..line_end].find('#').filter(|_| valid) {
                    let end = at + text[at..line_end].trim_end().len();
                    let span = Span { start: (at + offset) as u32, end: end as u32 };
                    parsed.comments.push(Comment { span, own_line: false });
                }
            }
        }
        at = next_separator(bytes, line_end);
    }
    read_chunk(&mut parser, text, chunk..text.len(), limits, &mut json_failure, parsed);
}

/// The next line that begins with `---`, or the end.
fn next_separator(bytes: &[u8], line_end: usize) -> usize {
    let rest = bytes.get(line_end..).unwrap_or_default();
    memchr::memmem::find(rest, b"\n---").map_or(bytes.len(), |n| line_end + n + 1)
}

fn read_chunk(
    parser: &mut Parser<'_>,
    text: &str,
    range: Range<usize>,
    limits: &Limits,
    json_failure: &mut Option<Failure>,
    parsed: &mut Parsed,
) {
    let Range { start, end } = range;
    if start >= end {
        return;
    }
    if end - start > limits.document_bytes {
        parsed.problems.push(too_large(start, end, limits));
        return;
    }
    let failure = match odd_character(text, start, end) {
        Some(failure) => Some(failure),
        None => {
            let read = parser.read(start, end);
            parsed.documents.extend(read.document);
            parsed.comments.extend(read.comments);
            read.failure
        }
    };
    if let Some(failure) = failure {
        // Of a text that is JSON at heart the JSON reader's words are the better ones.
        let json_first = text[..end].trim_start().get(1..).is_some_and(|t| t.trim_start().starts_with(['"', '}']));
        let failure = json_failure.take().filter(|_| json_first).unwrap_or(failure);
        parsed.problems.push(failure.into_problem());
    }
    *json_failure = None;
}

fn too_large(start: usize, end: usize, limits: &Limits) -> Problem {
    let message =
        format!("a document of {} MiB; the limit is {} MiB", (end - start) >> 20, limits.document_bytes >> 20);
    // A range of megabytes helps nobody.
    Failure::new("input/size", start, start, message).hint("split it, or raise `--max-file-size`").into_problem()
}

/// The first character that YAML does not allow anywhere (`readerc.go`).
fn odd_character(text: &str, start: usize, end: usize) -> Option<Failure> {
    let bytes = text.as_bytes().get(start..end)?;
    let mut at = 0;
    while at < bytes.len() {
        // Most text is printable ASCII: eight bytes at a time.
        if let Some(word) = bytes.get(at..at + 8)
            && word.iter().all(|&b| (0x20..0x7F).contains(&b) || b == b'\n')
        {
            at += 8;
            continue;
        }
        let byte = bytes[at];
        let len = match byte {
            0x20..=0x7E | b'\t' | b'\n' | b'\r' => 1,
            0x80.. => {
                let c = text.get(start + at..end)?.chars().next()?;
                let allowed = matches!(c, '\u{85}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
                if !allowed {
                    return Some(odd(start + at, c));
                }
                c.len_utf8()
            }
            _ => return Some(odd(start + at, byte as char)),
        };
        at += len;
    }
    None
}

fn odd(at: usize, c: char) -> Failure {
    let what = format!("the control character U+{:04X}", c as u32);
    Failure::new("input/encoding", at, at + c.len_utf8(), what)
        .hint("remove it, or write it as an escape in double quotes; is this a text file?")
}
