//! Tokens to nodes: libyaml's grammar, state for state (`parserc.go` of `go.yaml.in/yaml/v2`).

use crate::build::{Builder, ScalarEvent};
use crate::document::{Document, Note, Style};
use crate::problem::{Failure, Limits, Result};
use crate::resolve::{self, Scalar};
use crate::scan::{Scanner, Text, Token, TokenKind};
use crate::{Source, Span};

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    BlockNode,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceEntry { first: bool },
    FlowSequenceEntryMappingKey,
    FlowSequenceEntryMappingValue,
    FlowSequenceEntryMappingEnd,
    FlowMappingKey { first: bool },
    FlowMappingValue,
    FlowMappingEmptyValue,
    DocumentEnd,
}

/// Reads one document between separators after the other, with the buffers of the one before.
pub(crate) struct Parser<'s> {
    text: &'s str,
    limits: Limits,
    builder: Builder<'s>,
    states: Vec<State>,
    /// End of the last token that is content.
    last_end: usize,
}

/// What a piece of text between separators holds.
pub(crate) struct Read {
    pub(crate) document: Option<Document>,
    /// Comments, where there is no document to hold them.
    pub(crate) comments: Vec<crate::Comment>,
    pub(crate) failure: Option<Failure>,
}

impl<'s> Parser<'s> {
    pub(crate) fn new(source: &'s std::sync::Arc<Source>, limits: Limits) -> Parser<'s> {
        Parser { text: source.text(), limits, builder: Builder::new(source, limits), states: Vec::new(), last_end: 0 }
    }

    /// Reads the document of `start..end`.
    pub(crate) fn read(&mut self, start: usize, end: usize) -> Read {
        self.states.clear();
        self.builder.reset();
        self.last_end = start;
        let mut scanner = Scanner::new(self.text, start, end, self.limits.depth);
        let result = self.document(&mut scanner, end);
        let comments = std::mem::take(&mut scanner.comments);
        let span = Span { start: start as u32, end: end as u32 };
        match result {
            Err(failure) => {
                self.builder.reset();
                Read { document: None, comments, failure: Some(self.explain(failure)) }
            }
            Ok(false) => Read { document: None, comments, failure: None },
            Ok(true) => {
                let arena = std::mem::take(&mut scanner.arena);
                match self.builder.finish(span, arena, comments.clone(), false) {
                    Ok(Some(document)) => Read { document: Some(document), comments: Vec::new(), failure: None },
                    Ok(None) => Read { document: None, comments, failure: None },
                    Err(failure) => Read { document: None, comments, failure: Some(failure) },
                }
            }
        }
    }

    /// Adds the hint that the text around a failure asks for.
    fn explain(&self, failure: Failure) -> Failure {
        let span = failure.problem().span;
        let from = self.text.get(..span.start as usize).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
        let line = self.text.get(from..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        if line.contains("{{") && failure.problem().code == "input/yaml-syntax" {
            return failure.hint("an unrendered template? put `{{ … }}` in quotes, or render it first");
        }
        failure
    }

    fn document(&mut self, scanner: &mut Scanner<'s>, end: usize) -> Result<bool> {
        let mut token = scanner.peek()?;
        if token.kind == TokenKind::StreamEnd {
            return Ok(false);
        }
        self.states.push(State::DocumentEnd);
        let mut state = State::BlockNode;
        if token.kind == TokenKind::DocumentStart {
            // A separator is gone by now; this one hides behind a lone carriage return.
            scanner.skip();
            token = scanner.peek()?;
            if matches!(token.kind, TokenKind::DocumentStart | TokenKind::DocumentEnd | TokenKind::StreamEnd) {
                self.empty(scanner, token.start as usize, None, "")?;
                state = State::DocumentEnd;
            }
        }
        while state != State::DocumentEnd {
            state = self.step(scanner, state)?;
        }
        // libyaml looks at one token more; what is wrong with it is wrong with the document.
        token = scanner.peek()?;
        let mut rest = token.start as usize;
        if token.kind == TokenKind::DocumentEnd {
            rest = token.end as usize;
        } else if token.kind == TokenKind::StreamEnd {
            rest = end;
        }
        let tail = self.text.get(rest..end).unwrap_or_default();
        let lost = tail.lines().any(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#') && line != "..." && line != "---"
        });
        if lost {
            let trimmed = tail.trim_end();
            let from = rest + (tail.len() - tail.trim_start().len());
            let span = Span { start: from as u32, end: (rest + trimmed.len()) as u32 };
            self.builder.notes.push(Note::LostText(span));
        }
        Ok(true)
    }

    fn pop(&mut self) -> State {
        self.states.pop().unwrap_or(State::DocumentEnd)
    }

    fn take(&mut self, scanner: &mut Scanner<'s>, token: Token) {
        self.last_end = self.last_end.max(token.end as usize);
        scanner.skip();
    }

    fn step(&mut self, scanner: &mut Scanner<'s>, state: State) -> Result<State> {
        use TokenKind as T;
        let mut token = scanner.peek()?;
        match state {
            State::BlockNode => self.node(scanner, token, true, false),
            State::BlockSequenceEntry => match token.kind {
                T::BlockEntry => {
                    self.take(scanner, token);
                    let after = token.end as usize;
                    token = scanner.peek()?;
                    if matches!(token.kind, T::BlockEntry | T::BlockEnd) {
                        self.empty(scanner, after, None, "")?;
                        return Ok(State::BlockSequenceEntry);
                    }
                    self.states.push(State::BlockSequenceEntry);
                    self.node(scanner, token, true, false)
                }
                T::BlockEnd => {
                    scanner.skip();
                    self.builder.end(self.last_end)?;
                    Ok(self.pop())
                }
                _ => Err(self.misplaced(token, "an item of the list", "`- `")),
            },
            State::IndentlessSequenceEntry => {
                if token.kind != T::BlockEntry {
                    self.builder.end(self.last_end)?;
                    return Ok(self.pop());
                }
                self.take(scanner, token);
                let after = token.end as usize;
                token = scanner.peek()?;
                if matches!(token.kind, T::BlockEntry | T::Key | T::Value | T::BlockEnd) {
                    self.empty(scanner, after, None, "")?;
                    return Ok(State::IndentlessSequenceEntry);
                }
                self.states.push(State::IndentlessSequenceEntry);
                self.node(scanner, token, true, false)
            }
            State::BlockMappingKey => match token.kind {
                T::Key => {
                    self.take(scanner, token);
                    let after = token.end as usize;
                    token = scanner.peek()?;
                    if matches!(token.kind, T::Key | T::Value | T::BlockEnd) {
                        self.empty(scanner, after, None, "")?;
                        return Ok(State::BlockMappingValue);
                    }
                    self.states.push(State::BlockMappingValue);
                    self.node(scanner, token, true, true)
                }
                T::BlockEnd => {
                    scanner.skip();
                    self.builder.end(self.last_end)?;
                    Ok(self.pop())
                }
                _ => Err(self.misplaced(token, "a key of the mapping", "`key: value`")),
            },
            State::BlockMappingValue => {
                if token.kind != T::Value {
                    self.empty(scanner, token.start as usize, None, "")?;
                    return Ok(State::BlockMappingKey);
                }
                self.take(scanner, token);
                let after = token.end as usize;
                token = scanner.peek()?;
                if matches!(token.kind, T::Key | T::Value | T::BlockEnd) {
                    self.empty(scanner, after, None, "")?;
                    return Ok(State::BlockMappingKey);
                }
                self.states.push(State::BlockMappingKey);
                self.node(scanner, token, true, true)
            }
            State::FlowSequenceEntry { first } => {
                if token.kind != T::FlowSequenceEnd {
                    if !first {
                        if token.kind != T::FlowEntry {
                            return Err(self.unclosed(token, "list", "`,` or `]`"));
                        }
                        self.take(scanner, token);
                        token = scanner.peek()?;
                    }
                    if token.kind == T::Key {
                        self.builder.begin(true, Style::Flow, token.start as usize, None)?;
                        self.take(scanner, token);
                        return Ok(State::FlowSequenceEntryMappingKey);
                    }
                    if token.kind != T::FlowSequenceEnd {
                        self.states.push(State::FlowSequenceEntry { first: false });
                        return self.node(scanner, token, false, false);
                    }
                }
                self.take(scanner, token);
                self.builder.end(token.end as usize)?;
                Ok(self.pop())
            }
            State::FlowSequenceEntryMappingKey => {
                if matches!(token.kind, T::Value | T::FlowEntry | T::FlowSequenceEnd) {
                    // libyaml drops the token here; kubectl's reader does, so we do.
                    self.take(scanner, token);
                    self.empty(scanner, token.end as usize, None, "")?;
                    return Ok(State::FlowSequenceEntryMappingValue);
                }
                self.states.push(State::FlowSequenceEntryMappingValue);
                self.node(scanner, token, false, false)
            }
            State::FlowSequenceEntryMappingValue => {
                if token.kind == T::Value {
                    self.take(scanner, token);
                    token = scanner.peek()?;
                    if !matches!(token.kind, T::FlowEntry | T::FlowSequenceEnd) {
                        self.states.push(State::FlowSequenceEntryMappingEnd);
                        return self.node(scanner, token, false, false);
                    }
                }
                self.empty(scanner, token.start as usize, None, "")?;
                Ok(State::FlowSequenceEntryMappingEnd)
            }
            State::FlowSequenceEntryMappingEnd => {
                self.builder.end(self.last_end)?;
                Ok(State::FlowSequenceEntry { first: false })
            }
            State::FlowMappingKey { first } => {
                if token.kind != T::FlowMappingEnd {
                    if !first {
                        if token.kind != T::FlowEntry {
                            return Err(self.unclosed(token, "mapping", "`,` or `}`"));
                        }
                        self.take(scanner, token);
                        token = scanner.peek()?;
                    }
                    if token.kind == T::Key {
                        self.take(scanner, token);
                        token = scanner.peek()?;
                        if matches!(token.kind, T::Value | T::FlowEntry | T::FlowMappingEnd) {
                            self.empty(scanner, token.start as usize, None, "")?;
                            return Ok(State::FlowMappingValue);
                        }
                        self.states.push(State::FlowMappingValue);
                        return self.node(scanner, token, false, false);
                    }
                    if token.kind != T::FlowMappingEnd {
                        self.states.push(State::FlowMappingEmptyValue);
                        return self.node(scanner, token, false, false);
                    }
                }
                self.take(scanner, token);
                self.builder.end(token.end as usize)?;
                Ok(self.pop())
            }
            State::FlowMappingValue => {
                if token.kind == T::Value {
                    self.take(scanner, token);
                    token = scanner.peek()?;
                    if !matches!(token.kind, T::FlowEntry | T::FlowMappingEnd) {
                        self.states.push(State::FlowMappingKey { first: false });
                        return self.node(scanner, token, false, false);
                    }
                }
                self.empty(scanner, token.start as usize, None, "")?;
                Ok(State::FlowMappingKey { first: false })
            }
            State::FlowMappingEmptyValue => {
                self.empty(scanner, token.start as usize, None, "")?;
                Ok(State::FlowMappingKey { first: false })
            }
            State::DocumentEnd => Ok(State::DocumentEnd),
        }
    }

    fn misplaced(&self, token: Token, what: &str, form: &str) -> Failure {
        let open = self.builder.open_at().unwrap_or(0);
        let line = 1 + self.text.get(..open).map_or(0, |before| before.bytes().filter(|&b| b == b'\n').count());
        let message = format!("expected {what} that begins on line {line}, {form}");
        Failure::syntax(token.start as usize, (token.end as usize).max(token.start as usize + 1), message)
            .hint("align this line with the lines that it belongs to")
    }

    fn unclosed(&self, token: Token, what: &str, expected: &str) -> Failure {
        let open = self.builder.open_at().unwrap_or(0);
        let line = 1 + self.text.get(..open).map_or(0, |before| before.bytes().filter(|&b| b == b'\n').count());
        let close = if what == "list" { "]" } else { "}" };
        let template = self.text.get(open..).is_some_and(|rest| rest.starts_with("{{"));
        // At the very end, what matters is where it began.
        let (start, end) = match token.kind {
            TokenKind::StreamEnd => (open, open + 1),
            _ => (token.start as usize, (token.end as usize).max(token.start as usize + 1)),
        };
        let message = format!("expected {expected} in the {what} that opens on line {line}");
        let failure = Failure::syntax(start, end, message);
        if template {
            return failure.hint("an unrendered template? put `{{ … }}` in quotes, or render it first");
        }
        failure.hint(format!("separate items with `,` and close the {what} with `{close}`"))
    }

    /// A node with its anchor and tag, up to its end or its first part.
    fn node(&mut self, scanner: &mut Scanner<'s>, first: Token, block: bool, indentless: bool) -> Result<State> {
        use TokenKind as T;
        let mut token = first;
        if token.kind == T::Alias {
            let name = self.slice(token);
            self.builder.alias(name, token.start as usize, token.end as usize, &scanner.arena)?;
            self.take(scanner, token);
            return Ok(self.pop());
        }
        let (mut anchor, mut tag) = (None, "");
        for _ in 0..2 {
            if token.kind == T::Anchor && anchor.is_none() {
                anchor = Some(self.slice(token));
            } else if token.kind == T::Tag && tag.is_empty() {
                tag = self.slice(token);
            } else {
                break;
            }
            self.take(scanner, token);
            token = scanner.peek()?;
        }
        let start = token.start as usize;
        match token.kind {
            T::BlockEntry if indentless => {
                self.builder.begin(false, Style::Block, start, anchor)?;
                Ok(State::IndentlessSequenceEntry)
            }
            T::Scalar(style) => {
                self.scalar(scanner, token, style, anchor, tag)?;
                self.take(scanner, token);
                Ok(self.pop())
            }
            T::FlowSequenceStart => {
                self.builder.begin(false, Style::Flow, start, anchor)?;
                self.take(scanner, token);
                Ok(State::FlowSequenceEntry { first: true })
            }
            T::FlowMappingStart => {
                self.builder.begin(true, Style::Flow, start, anchor)?;
                self.take(scanner, token);
                Ok(State::FlowMappingKey { first: true })
            }
            T::BlockSequenceStart if block => {
                self.builder.begin(false, Style::Block, start, anchor)?;
                scanner.skip();
                Ok(State::BlockSequenceEntry)
            }
            T::BlockMappingStart if block => {
                self.builder.begin(true, Style::Block, start, anchor)?;
                scanner.skip();
                Ok(State::BlockMappingKey)
            }
            _ if anchor.is_some() || !tag.is_empty() => {
                self.empty(scanner, self.last_end, anchor, tag)?;
                Ok(self.pop())
            }
            _ => Err(self.no_node(scanner, token)),
        }
    }

    fn no_node(&self, scanner: &Scanner<'s>, token: Token) -> Failure {
        let start = token.start as usize;
        let end = (token.end as usize).max(start + 1);
        match token.kind {
            TokenKind::StreamEnd if scanner.open_bracket().is_some() => {
                let open = scanner.open_bracket().unwrap_or(start);
                let bracket = self.text.get(open..open + 1).unwrap_or("[");
                let failure = Failure::syntax(open, open + 1, format!("`{bracket}` is never closed"));
                failure.hint(if bracket == "[" { "add the `]`" } else { "add the `}`" })
            }
            TokenKind::DocumentEnd => Failure::syntax(start, end, "`...` before anything else"),
            TokenKind::FlowEntry => Failure::syntax(start, end, "a comma with no value before it"),
            TokenKind::BlockEntry => Failure::syntax(start, end, "a list item within brackets")
                .hint("within `[ ]` items are separated by commas"),
            _ => {
                let text = self.text.get(start..end).unwrap_or_default();
                Failure::syntax(start, end, format!("expected a value before `{}`", text.trim()))
            }
        }
    }

    fn slice(&self, token: Token) -> &'s str {
        match token.text {
            Text::Source(start, end) => self.text.get(start as usize..end as usize).unwrap_or_default(),
            Text::Arena(..) => "",
        }
    }

    fn empty(&mut self, scanner: &mut Scanner<'s>, at: usize, anchor: Option<&'s str>, tag: &'s str) -> Result<()> {
        // It has no text: it stands where the text that asks for it ends, not where the next token begins.
        let token = Token::empty_scalar(at.min(self.last_end));
        self.scalar(scanner, token, Style::Plain, anchor, tag)
    }

    fn scalar(
        &mut self,
        scanner: &mut Scanner<'s>,
        token: Token,
        style: Style,
        anchor: Option<&'s str>,
        tag: &'s str,
    ) -> Result<()> {
        let mut own = match token.text {
            Text::Source(..) => None,
            Text::Arena(start, len) => Some((start, len)),
        };
        let plain = style == Style::Plain;
        let value;
        let mut merge = false;
        if tag.is_empty() && !plain {
            value = Scalar::String;
        } else {
            let text = self.content(scanner, token);
            let resolved = || resolve::resolve(text);
            match tag {
                // A lone `!` keeps everything a text, but for the key of a merge.
                "!" => {
                    value = Scalar::String;
                    merge = text == "<<";
                }
                "" => {
                    value = resolved();
                    merge = text == "<<";
                    if plain && !matches!(value, Scalar::String | Scalar::Null) && resolve::differs_in_yaml_1_2(text) {
                        let span = Span { start: token.start, end: token.end };
                        self.builder.notes.push(Note::Yaml11 { span, text: text.to_owned() });
                    }
                }
                _ => {
                    let tag = short_tag(tag);
                    merge = tag == "merge" && text == "<<";
                    let fail = |what: &str| {
                        let (start, end) = (token.start as usize, (token.end as usize).max(token.start as usize + 1));
                        Failure::new("input/not-json-value", start, end, format!("`{text}` is no {what}"))
                            .hint("remove the tag, or write a value of its type")
                    };
                    value = match tag {
                        "str" => Scalar::String,
                        "bool" => match resolved() {
                            value @ Scalar::Bool(_) => value,
                            _ => return Err(fail("boolean")),
                        },
                        "int" => match resolved() {
                            value @ (Scalar::Int(_) | Scalar::Unsigned(_)) => value,
                            _ => return Err(fail("integer")),
                        },
                        "float" => match resolved() {
                            Scalar::Int(value) => Scalar::Float(value as f64),
                            value @ Scalar::Float(_) => value,
                            _ => return Err(fail("number")),
                        },
                        "null" => match resolved() {
                            Scalar::Null => Scalar::Null,
                            _ => return Err(fail("null")),
                        },
                        "timestamp" => match resolved() {
                            Scalar::Timestamp => Scalar::String,
                            _ => return Err(fail("timestamp")),
                        },
                        "binary" => {
                            let decoded = base64(text).ok_or_else(|| fail("base64"))?;
                            let decoded = String::from_utf8_lossy(&decoded).into_owned();
                            own = Some((scanner.arena.len() as u32, decoded.len() as u32));
                            scanner.arena.push_str(&decoded);
                            Scalar::String
                        }
                        _ => Scalar::String,
                    };
                }
            }
        }
        let event =
            ScalarEvent { start: token.start as usize, end: token.end as usize, style, value, own, anchor, merge };
        let text = match own {
            Some((start, len)) => scanner.arena.get(start as usize..(start + len) as usize).unwrap_or_default(),
            None => self.slice(token),
        };
        self.last_end = self.last_end.max(event.end);
        self.builder.scalar(&event, text)
    }

    fn content<'t>(&self, scanner: &'t Scanner<'s>, token: Token) -> &'t str
    where
        's: 't,
    {
        match token.text {
            Text::Source(start, end) => self.text.get(start as usize..end as usize).unwrap_or_default(),
            Text::Arena(start, len) => scanner.arena.get(start as usize..(start + len) as usize).unwrap_or_default(),
        }
    }
}

/// The name of a tag of YAML's own, in whichever way it is written; anything else for other tags.
fn short_tag(tag: &str) -> &str {
    if let Some(name) = tag.strip_prefix("!!") {
        return name;
    }
    tag.strip_prefix("!<tag:yaml.org,2002:").and_then(|rest| rest.strip_suffix('>')).unwrap_or("")
}

/// Go's `base64.StdEncoding`: padding required, line breaks ignored.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| {
        Some(match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    let bytes: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    if !bytes.len().is_multiple_of(4) {
        return None;
    }
    let padding = bytes.iter().rev().take_while(|&&b| b == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    for group in bytes[..bytes.len() - padding].chunks(4) {
        let mut bits = 0u32;
        for (index, &b) in group.iter().enumerate() {
            bits |= u32::from(digit(b)?) << (18 - 6 * index);
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_gos() {
        assert_eq!(base64("aGVsbG8="), Some(b"hello".to_vec()));
        assert_eq!(base64("aGVs\nbG8="), Some(b"hello".to_vec()));
        assert_eq!(base64("aGVsbG8"), None);
        assert_eq!(base64("a=Vs"), None);
        assert_eq!(base64(""), Some(Vec::new()));
    }
}
