//! Characters to tokens: libyaml's scanner, state for state, over the bytes of one document.
//!
//! The order of the rules and the conditions on simple keys decide which texts are errors, so they follow
//! `scannerc.go` of `go.yaml.in/yaml/v2` closely; what differs is the machinery: no copies of text (a token's text is a
//! range of the source wherever it can be), no look-ahead buffer, bytes instead of characters where no rule can tell.

use crate::document::Comment;
use crate::problem::{Failure, Result};
use crate::{Span, Style};
use std::collections::VecDeque;

/// Content of a scalar: a range of the source, or of the scanner's arena.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Text {
    Source(u32, u32),
    Arena(u32, u32),
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum TokenKind {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar(Style),
}

#[derive(Copy, Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) text: Text,
    /// Level of the simple key that was saved for this token, plus one.
    key_level: u32,
}

impl Token {
    /// A plain scalar without text.
    pub(crate) fn empty_scalar(at: usize) -> Token {
        let at = at as u32;
        Token { kind: TokenKind::Scalar(Style::Plain), start: at, end: at, text: Text::Source(at, at), key_level: 0 }
    }
}

#[derive(Copy, Clone, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token: usize,
    at: usize,
    line: u32,
    column: i32,
}

pub(crate) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    first: usize,
    pos: usize,
    end: usize,
    line: u32,
    line_start: usize,
    tokens: VecDeque<Token>,
    parsed: usize,
    ended: bool,
    indent: i32,
    indents: Vec<i32>,
    simple_key_allowed: bool,
    simple_keys: Vec<SimpleKey>,
    pending_key: u32,
    flow: Vec<usize>,
    depth: usize,
    breaks: String,
    pub(crate) arena: String,
    pub(crate) comments: Vec<Comment>,
}

const BLANK: u8 = 1;
const BREAK: u8 = 2;
const FLOW: u8 = 4;
const COLON: u8 = 8;
const WIDE: u8 = 16;
const END: u8 = 32;

static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    table[b' ' as usize] = BLANK;
    table[b'\t' as usize] = BLANK;
    table[b'\n' as usize] = BREAK;
    table[b'\r' as usize] = BREAK;
    table[b',' as usize] = FLOW;
    table[b'?' as usize] = FLOW;
    table[b'[' as usize] = FLOW;
    table[b']' as usize] = FLOW;
    table[b'{' as usize] = FLOW;
    table[b'}' as usize] = FLOW;
    table[b':' as usize] = COLON;
    // First bytes of U+0085, U+2028 and U+2029.
    table[0xC2] = WIDE;
    table[0xE2] = WIDE;
    table[0] = END;
    table
};

fn class(byte: u8) -> u8 {
    CLASS[byte as usize]
}

impl<'a> Scanner<'a> {
    /// A scanner of `text[start..end]`, which holds no control characters (see `stream`).
    pub(crate) fn new(text: &'a str, start: usize, end: usize, depth: usize) -> Scanner<'a> {
        Scanner {
            text,
            bytes: text.as_bytes(),
            first: start,
            pos: start,
            end,
            line: 0,
            line_start: start,
            tokens: VecDeque::new(),
            parsed: 0,
            ended: false,
            indent: -1,
            indents: Vec::new(),
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            pending_key: 0,
            flow: Vec::new(),
            depth,
            breaks: String::new(),
            arena: String::new(),
            comments: Vec::new(),
        }
    }

    /// The next token, left in place.
    pub(crate) fn peek(&mut self) -> Result<Token> {
        self.fetch_more()?;
        match self.tokens.front() {
            Some(token) => Ok(*token),
            None => Ok(Token {
                kind: TokenKind::StreamEnd,
                start: self.end as u32,
                end: self.end as u32,
                text: Text::Source(0, 0),
                key_level: 0,
            }),
        }
    }

    /// Drops the token that `peek` gave.
    pub(crate) fn skip(&mut self) {
        if self.tokens.pop_front().is_some() {
            self.parsed += 1;
        }
    }

    fn fetch_more(&mut self) -> Result<()> {
        loop {
            if let Some(token) = self.tokens.front() {
                // A token that may turn out to be a simple key cannot be handed out yet: KEY would come before it.
                let level = token.key_level as usize;
                if level == 0 {
                    return Ok(());
                }
                let candidate = self.simple_keys.get(level - 1).copied();
                if candidate.is_none_or(|key| !key.possible || key.token != self.parsed)
                    || !self.key_is_valid(level - 1)?
                {
                    return Ok(());
                }
            }
            if self.ended {
                return Ok(());
            }
            self.fetch_next()?;
        }
    }

    // --- characters ---

    #[inline]
    fn at(&self, index: usize) -> u8 {
        if index < self.end { self.bytes[index] } else { 0 }
    }

    fn column(&self) -> i32 {
        (self.pos - self.line_start) as i32
    }

    /// Length of the break at `index`; 0 where there is none.
    fn break_len(&self, index: usize) -> usize {
        match self.at(index) {
            b'\n' => 1,
            b'\r' if self.at(index + 1) == b'\n' => 2,
            b'\r' => 1,
            0xC2 if self.at(index + 1) == 0x85 => 2,
            0xE2 if self.at(index + 1) == 0x80 && matches!(self.at(index + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    fn is_blank(&self, index: usize) -> bool {
        matches!(self.at(index), b' ' | b'\t')
    }

    /// Blank, break or end.
    fn is_blankz(&self, index: usize) -> bool {
        let class = class(self.at(index));
        class & (BLANK | BREAK | END) != 0 || class & WIDE != 0 && self.break_len(index) > 0
    }

    fn is_breakz(&self, index: usize) -> bool {
        let class = class(self.at(index));
        class & (BREAK | END) != 0 || class & WIDE != 0 && self.break_len(index) > 0
    }

    /// Skips the break here, if there is one, and returns what it reads as: any but LS and PS is a line feed.
    fn skip_line(&mut self) -> &'a str {
        let len = self.break_len(self.pos);
        if len == 0 {
            return "";
        }
        let text = if len == 3 { &self.text[self.pos..self.pos + 3] } else { "\n" };
        self.pos += len;
        self.line += 1;
        self.line_start = self.pos;
        text
    }

    fn char_end(&self, index: usize) -> usize {
        let mut end = index + 1;
        while end < self.end && !self.text.is_char_boundary(end) {
            end += 1;
        }
        end.min(self.end)
    }

    fn fail<T>(&self, message: &str) -> Result<T> {
        Err(Failure::syntax(self.pos, self.char_end(self.pos), message))
    }

    // --- simple keys ---

    fn key_is_valid(&mut self, level: usize) -> Result<bool> {
        let Some(&key) = self.simple_keys.get(level) else { return Ok(false) };
        if !key.possible {
            return Ok(false);
        }
        let far = self.pos > key.at + 1024 && self.text[key.at..self.pos].chars().count() > 1024;
        if key.line < self.line || far {
            if key.required {
                return self.missing_colon(key);
            }
            self.simple_keys[level].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn missing_colon<T>(&self, key: SimpleKey) -> Result<T> {
        let line = self.text[key.at..self.end].lines().next().unwrap_or_default();
        let end = key.at + line.trim_end().len();
        let failure = Failure::syntax(key.at, end.max(key.at), "this line should be `key: value`, and has no `: `");
        let first = line.split(' ').next().unwrap_or_default();
        Err(if first.contains(':') && !first.starts_with(['"', '\'']) {
            failure.hint("put a space after the colon")
        } else {
            failure.hint("write `key: value`, or indent the line so that it continues the value above")
        })
    }

    fn save_simple_key(&mut self) -> Result<()> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        self.remove_simple_key()?;
        let key = SimpleKey {
            possible: true,
            required: self.flow.is_empty() && self.indent == self.column(),
            token: self.parsed + self.tokens.len(),
            at: self.pos,
            line: self.line,
            column: self.column(),
        };
        self.pending_key = self.simple_keys.len() as u32;
        if let Some(last) = self.simple_keys.last_mut() {
            *last = key;
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Result<()> {
        if let Some(&key) = self.simple_keys.last()
            && key.possible
            && key.required
        {
            return self.missing_colon(key);
        }
        if let Some(last) = self.simple_keys.last_mut() {
            last.possible = false;
        }
        Ok(())
    }

    // --- indentation ---

    fn roll_indent(&mut self, column: i32, token: Option<usize>, kind: TokenKind, at: usize) -> Result<()> {
        if !self.flow.is_empty() || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > self.depth {
            return self.too_deep();
        }
        let token_of = Token { kind, start: at as u32, end: at as u32, text: Text::Source(0, 0), key_level: 0 };
        match token {
            Some(number) => self.tokens.insert(number - self.parsed, token_of),
            None => self.tokens.push_back(token_of),
        }
        Ok(())
    }

    fn too_deep<T>(&self) -> Result<T> {
        let message = format!("nested deeper than {} levels", self.depth);
        Err(Failure::new("input/depth", self.pos, self.pos + 1, message).hint("kubectl reads no deeper either"))
    }

    fn unroll_indent(&mut self, column: i32) {
        if !self.flow.is_empty() {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.pos, self.pos);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        self.push_text(kind, start, end, Text::Source(start as u32, end as u32));
    }

    fn push_text(&mut self, kind: TokenKind, start: usize, end: usize, text: Text) {
        let key_level = std::mem::take(&mut self.pending_key);
        self.tokens.push_back(Token { kind, start: start as u32, end: end as u32, text, key_level });
    }

    // --- tokens ---

    fn fetch_next(&mut self) -> Result<()> {
        self.seek_token();
        self.unroll_indent(self.column());
        if self.pos >= self.end {
            self.line += 1;
            self.line_start = self.pos;
            self.unroll_indent(-1);
            self.remove_simple_key()?;
            self.simple_key_allowed = false;
            self.push(TokenKind::StreamEnd, self.end, self.end);
            self.ended = true;
            return Ok(());
        }
        let c = self.at(self.pos);
        let next_blank = self.is_blankz(self.pos + 1);
        if self.column() == 0 {
            if c == b'%' {
                return Err(Failure::syntax(self.pos, self.pos + 1, "a YAML directive (`%`) in a manifest")
                    .hint("kubectl refuses directives: remove the line"));
            }
            if let Some(kind) = self.document_indicator() {
                self.unroll_indent(-1);
                self.remove_simple_key()?;
                self.simple_key_allowed = false;
                self.push(kind, self.pos, self.pos + 3);
                self.pos += 3;
                return Ok(());
            }
        }
        let in_flow = !self.flow.is_empty();
        match c {
            b'[' => self.flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.flow_start(TokenKind::FlowMappingStart),
            b']' => self.flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.flow_end(TokenKind::FlowMappingEnd),
            b',' => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.one(TokenKind::FlowEntry);
                Ok(())
            }
            b'-' if next_blank => self.block_entry(),
            b'?' if in_flow || next_blank => self.key(),
            b':' if in_flow || next_blank => self.value(),
            b'*' => self.anchor(TokenKind::Alias),
            b'&' => self.anchor(TokenKind::Anchor),
            b'!' => self.tag(),
            b'|' if !in_flow => self.block_scalar(Style::Literal),
            b'>' if !in_flow => self.block_scalar(Style::Folded),
            b'\'' | b'"' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                self.quoted(c)
            }
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => self.no_token(c),
            _ if self.is_blankz(self.pos) => self.no_token(c),
            _ => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                self.plain()
            }
        }
    }

    fn no_token<T>(&self, c: u8) -> Result<T> {
        if c == b'\t' {
            return Err(Failure::syntax(self.pos, self.pos + 1, "a tab where indentation is expected")
                .hint("YAML is indented with spaces"));
        }
        let text = &self.text[self.pos..self.char_end(self.pos)];
        let failure = Failure::syntax(self.pos, self.char_end(self.pos), format!("no value begins with `{text}`"));
        Err(failure.hint("put the value in quotes"))
    }

    fn one(&mut self, kind: TokenKind) {
        self.push(kind, self.pos, self.pos + 1);
        self.pos += 1;
    }

    fn document_indicator(&self) -> Option<TokenKind> {
        let kind = match self.bytes.get(self.pos..self.end.min(self.pos + 3))? {
            b"---" => TokenKind::DocumentStart,
            b"..." => TokenKind::DocumentEnd,
            _ => return None,
        };
        self.is_blankz(self.pos + 3).then_some(kind)
    }

    fn seek_token(&mut self) {
        if self.pos == self.first && self.bytes[self.pos..self.end].starts_with(b"\xEF\xBB\xBF") {
            self.pos += 3;
            self.line_start = self.pos;
        }
        loop {
            let tabs = !self.flow.is_empty() || !self.simple_key_allowed;
            while self.at(self.pos) == b' ' || tabs && self.at(self.pos) == b'\t' {
                self.pos += 1;
            }
            if self.at(self.pos) == b'#' {
                self.comment();
            }
            if self.break_len(self.pos) == 0 {
                return;
            }
            self.skip_line();
            if self.flow.is_empty() {
                self.simple_key_allowed = true;
            }
        }
    }

    fn comment(&mut self) {
        let start = self.pos;
        while !self.is_breakz(self.pos) {
            self.pos += 1;
        }
        let before = &self.text[self.line_start..start];
        let own_line = before.trim_matches([' ', '\t', '\u{FEFF}']).is_empty();
        self.comments.push(Comment { span: Span { start: start as u32, end: self.pos as u32 }, own_line });
    }

    fn flow_start(&mut self, kind: TokenKind) -> Result<()> {
        self.save_simple_key()?;
        self.simple_keys.push(SimpleKey::default());
        self.flow.push(self.pos);
        if self.flow.len() > self.depth {
            return self.too_deep();
        }
        self.simple_key_allowed = true;
        self.one(kind);
        Ok(())
    }

    fn flow_end(&mut self, kind: TokenKind) -> Result<()> {
        self.remove_simple_key()?;
        if self.flow.pop().is_some() {
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        self.one(kind);
        Ok(())
    }

    /// Where the innermost open bracket is.
    pub(crate) fn open_bracket(&self) -> Option<usize> {
        self.flow.last().copied()
    }

    fn block_entry(&mut self) -> Result<()> {
        if self.flow.is_empty() {
            if !self.simple_key_allowed {
                return Err(Failure::syntax(self.pos, self.pos + 1, "a list item cannot begin here")
                    .hint("begin `- ` on a line of its own"));
            }
            self.roll_indent(self.column(), None, TokenKind::BlockSequenceStart, self.pos)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.one(TokenKind::BlockEntry);
        Ok(())
    }

    fn key(&mut self) -> Result<()> {
        if self.flow.is_empty() {
            if !self.simple_key_allowed {
                return self.fail("a key cannot begin here");
            }
            self.roll_indent(self.column(), None, TokenKind::BlockMappingStart, self.pos)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow.is_empty();
        self.one(TokenKind::Key);
        Ok(())
    }

    fn value(&mut self) -> Result<()> {
        let level = self.simple_keys.len() - 1;
        if self.key_is_valid(level)? {
            let key = self.simple_keys[level];
            let token = Token {
                kind: TokenKind::Key,
                start: key.at as u32,
                end: key.at as u32,
                text: Text::Source(0, 0),
                key_level: 0,
            };
            self.tokens.insert(key.token - self.parsed, token);
            self.roll_indent(key.column, Some(key.token), TokenKind::BlockMappingStart, key.at)?;
            self.simple_keys[level].possible = false;
            self.simple_key_allowed = false;
        } else if self.flow.is_empty() {
            if !self.simple_key_allowed {
                return Err(Failure::syntax(self.pos, self.pos + 1, "a second `: ` in one line of a mapping")
                    .hint("put the value in quotes"));
            }
            self.roll_indent(self.column(), None, TokenKind::BlockMappingStart, self.pos)?;
            self.simple_key_allowed = true;
        } else {
            self.simple_key_allowed = false;
        }
        self.one(TokenKind::Value);
        Ok(())
    }

    fn anchor(&mut self, kind: TokenKind) -> Result<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.pos;
        self.pos += 1;
        while matches!(self.at(self.pos), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-') {
            self.pos += 1;
        }
        let after = matches!(self.at(self.pos), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if self.pos == start + 1 || !self.is_blankz(self.pos) && !after {
            let what = if kind == TokenKind::Alias { "alias" } else { "anchor" };
            let end = self.char_end(self.pos);
            return Err(Failure::syntax(
                start,
                end,
                format!("the name of an {what} holds letters, digits, `-` and `_` only"),
            )
            .hint("put the value in quotes if it is text"));
        }
        self.push_text(kind, start, self.pos, Text::Source(start as u32 + 1, self.pos as u32));
        Ok(())
    }

    fn tag(&mut self) -> Result<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.pos;
        let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        // goyaml's set of URI characters; `%` begins an escape of two hexadecimal digits.
        let uri = |b: u8| {
            name(b)
                || matches!(
                    b,
                    b';' | b'/'
                        | b'?'
                        | b':'
                        | b'@'
                        | b'&'
                        | b'='
                        | b'+'
                        | b'$'
                        | b'.'
                        | b'!'
                        | b'~'
                        | b'*'
                        | b'\''
                        | b'('
                        | b')'
                        | b'%'
                        | b','
                        | b'['
                        | b']'
                )
        };
        if self.at(start + 1) == b'<' {
            self.pos += 2;
            let from = self.pos;
            while uri(self.at(self.pos)) {
                self.pos += 1;
            }
            if self.pos == from {
                return self.fail("a tag without a name");
            }
            if self.at(self.pos) != b'>' {
                return self.fail("a tag that begins with `!<` ends with `>`");
            }
            self.pos += 1;
        } else {
            let mut handle = start + 1;
            while name(self.at(handle)) {
                handle += 1;
            }
            let has_handle = self.at(handle) == b'!' && handle > start;
            self.pos = if has_handle { handle + 1 } else { handle };
            let from = self.pos;
            while uri(self.at(self.pos)) {
                self.pos += 1;
            }
            if has_handle && self.pos == from {
                return self.fail("a tag without a name");
            }
            if has_handle && handle > start + 1 {
                let end = self.pos;
                return Err(Failure::syntax(start, end, "a tag with a handle that no directive declares"));
            }
        }
        if !self.is_blankz(self.pos) {
            return self.fail("a tag ends with a blank");
        }
        self.escapes_are_whole(start)?;
        self.push_text(TokenKind::Tag, start, self.pos, Text::Source(start as u32, self.pos as u32));
        Ok(())
    }

    fn escapes_are_whole(&self, start: usize) -> Result<()> {
        for at in (start..self.pos).filter(|&at| self.at(at) == b'%') {
            if !(self.at(at + 1).is_ascii_hexdigit() && self.at(at + 2).is_ascii_hexdigit()) {
                return Err(Failure::syntax(at, at + 1, "`%` in a tag begins an escape of two hexadecimal digits"));
            }
        }
        Ok(())
    }

    fn plain(&mut self) -> Result<()> {
        let start = self.pos;
        let mut end = start;
        let stop = BLANK | BREAK | COLON | WIDE | END | if self.flow.is_empty() { 0 } else { FLOW };
        let mut owned: Option<u32> = None;
        let mut leading_blanks = false;
        let mut first_break = "";
        let indent = self.indent + 1;
        loop {
            if self.column() == 0 && self.document_indicator().is_some() || self.at(self.pos) == b'#' {
                break;
            }
            let run = self.pos;
            let bytes = &self.bytes[..self.end];
            let mut at = run;
            loop {
                while at < bytes.len() && CLASS[bytes[at] as usize] & stop == 0 {
                    at += 1;
                }
                let stopped = class(self.at(at));
                if stopped & COLON != 0 && !self.is_blankz(at + 1) || stopped & WIDE != 0 && self.break_len(at) == 0 {
                    at += 1;
                    continue;
                }
                break;
            }
            self.pos = at;
            if at > run {
                if leading_blanks {
                    let from = *owned.get_or_insert_with(|| {
                        let from = self.arena.len() as u32;
                        self.arena.push_str(&self.text[start..end]);
                        from
                    });
                    owned = Some(from);
                    self.fold(first_break);
                    leading_blanks = false;
                    self.arena.push_str(&self.text[run..at]);
                } else if owned.is_some() {
                    // The blanks before this run belong to it.
                    self.arena.push_str(&self.text[end..at]);
                }
                end = at;
            }
            if !self.is_blank(self.pos) && self.break_len(self.pos) == 0 {
                break;
            }
            loop {
                if self.is_blank(self.pos) {
                    if leading_blanks && self.column() < indent && self.at(self.pos) == b'\t' {
                        return Err(Failure::syntax(self.pos, self.pos + 1, "a tab where indentation is expected")
                            .hint("YAML is indented with spaces"));
                    }
                    self.pos += 1;
                } else if self.break_len(self.pos) > 0 {
                    let text = self.skip_line();
                    if leading_blanks {
                        self.breaks.push_str(text);
                    } else {
                        first_break = text;
                        self.breaks.clear();
                        leading_blanks = true;
                    }
                } else {
                    break;
                }
            }
            if self.flow.is_empty() && self.column() < indent {
                break;
            }
        }
        let text = match owned {
            Some(from) => Text::Arena(from, self.arena.len() as u32 - from),
            None => Text::Source(start as u32, end as u32),
        };
        self.push_text(TokenKind::Scalar(Style::Plain), start, end, text);
        if leading_blanks {
            self.simple_key_allowed = true;
        }
        Ok(())
    }

    /// Joins two lines: one break is a space, of several the first is dropped. LS and PS stay.
    fn fold(&mut self, first_break: &str) {
        let breaks = std::mem::take(&mut self.breaks);
        if first_break.starts_with('\n') {
            self.arena.push_str(if breaks.is_empty() { " " } else { &breaks });
        } else {
            self.arena.push_str(first_break);
            self.arena.push_str(&breaks);
        }
        self.breaks = breaks;
        self.breaks.clear();
    }

    fn quoted(&mut self, quote: u8) -> Result<()> {
        let start = self.pos;
        let single = quote == b'\'';
        self.pos += 1;
        // Up to `copied` the content is in the arena, once there is any there.
        let mut copied = self.pos;
        let mut owned: Option<u32> = None;
        macro_rules! own {
            ($upto:expr) => {{
                let from = owned.unwrap_or(self.arena.len() as u32);
                owned = Some(from);
                self.arena.push_str(&self.text[copied..$upto]);
            }};
        }
        loop {
            if self.column() == 0 && self.document_indicator().is_some() {
                return self.unclosed(start, "the document ends within a quoted text");
            }
            if self.pos >= self.end {
                return self.unclosed(start, "a quoted text has no end");
            }
            let mut leading_blanks = false;
            let mut first_break = "";
            let mut closed = false;
            self.breaks.clear();
            loop {
                let bytes = &self.bytes[..self.end];
                let mut at = self.pos;
                while at < bytes.len() {
                    let c = bytes[at];
                    if c == quote || c == b'\\' || CLASS[c as usize] & (BLANK | BREAK | WIDE | END) != 0 {
                        break;
                    }
                    at += 1;
                }
                self.pos = at;
                let c = self.at(at);
                if c == quote {
                    if single && self.at(at + 1) == b'\'' {
                        own!(at + 1);
                        self.pos += 2;
                        copied = self.pos;
                        continue;
                    }
                    closed = true;
                    break;
                }
                if c == b'\\' {
                    if single {
                        self.pos += 1;
                        continue;
                    }
                    own!(at);
                    self.pos += 1;
                    if self.break_len(self.pos) > 0 {
                        self.skip_line();
                        copied = self.pos;
                        leading_blanks = true;
                        break;
                    }
                    self.escape(at)?;
                    copied = self.pos;
                    continue;
                }
                if class(c) & WIDE != 0 && self.break_len(at) == 0 {
                    self.pos = self.char_end(at);
                    continue;
                }
                break;
            }
            if closed {
                break;
            }
            let blanks = self.pos;
            loop {
                if self.is_blank(self.pos) {
                    self.pos += 1;
                } else if self.break_len(self.pos) > 0 {
                    if leading_blanks {
                        let text = self.skip_line();
                        self.breaks.push_str(text);
                    } else {
                        own!(blanks);
                        first_break = self.skip_line();
                        leading_blanks = true;
                    }
                } else {
                    break;
                }
            }
            if leading_blanks {
                self.fold(first_break);
                copied = self.pos;
            }
        }
        let text = match owned {
            Some(from) => {
                self.arena.push_str(&self.text[copied..self.pos]);
                Text::Arena(from, self.arena.len() as u32 - from)
            }
            None => Text::Source(start as u32 + 1, self.pos as u32),
        };
        self.pos += 1;
        let style = if single { Style::SingleQuoted } else { Style::DoubleQuoted };
        self.push_text(TokenKind::Scalar(style), start, self.pos, text);
        Ok(())
    }

    fn unclosed<T>(&self, start: usize, message: &str) -> Result<T> {
        let line = self.text[start..self.end].lines().next().unwrap_or_default().len();
        Err(Failure::syntax(start, start + line.max(1), message).hint("close the quote that opens here"))
    }

    /// The escape whose backslash is at `at`; the scanner is behind it.
    fn escape(&mut self, at: usize) -> Result<()> {
        let c = self.at(self.pos);
        let plain = match c {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\x0B',
            b'f' => '\x0C',
            b'r' => '\r',
            b'e' => '\x1B',
            b' ' => ' ',
            b'"' => '"',
            b'\'' => '\'',
            b'\\' => '\\',
            b'N' => '\u{85}',
            b'_' => '\u{A0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' | b'u' | b'U' => {
                let digits = match c {
                    b'x' => 2,
                    b'u' => 4,
                    _ => 8,
                };
                let from = self.pos + 1;
                let mut value = 0u32;
                for index in from..from + digits {
                    let Some(digit) = (self.at(index) as char).to_digit(16) else {
                        let end = self.char_end(index.min(self.end.saturating_sub(1)));
                        let message = format!("`\\{}` wants {digits} hexadecimal digits", c as char);
                        return Err(Failure::syntax(at, end, message).hint("write `\\\\` for a backslash"));
                    };
                    value = value << 4 | digit;
                }
                let Some(decoded) = char::from_u32(value) else {
                    return Err(Failure::syntax(at, from + digits, "this escape is no Unicode character"));
                };
                self.arena.push(decoded);
                self.pos = from + digits;
                return Ok(());
            }
            _ => {
                let end = self.char_end(self.pos);
                let text = self.text.get(at..end).unwrap_or("\\");
                return Err(Failure::syntax(at, end, format!("unknown escape `{text}`"))
                    .hint("write `\\\\` for a backslash, or use single quotes"));
            }
        };
        self.arena.push(plain);
        self.pos += 1;
        Ok(())
    }

    fn block_scalar(&mut self, style: Style) -> Result<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let start = self.pos;
        self.pos += 1;
        let mut chomping = 0;
        let mut increment = 0;
        for _ in 0..2 {
            match self.at(self.pos) {
                c @ (b'+' | b'-') if chomping == 0 => chomping = if c == b'+' { 1 } else { -1 },
                b'0' if increment == 0 => return self.fail("an indentation indicator is from 1 to 9"),
                c @ b'1'..=b'9' if increment == 0 => increment = i32::from(c - b'0'),
                _ => break,
            }
            self.pos += 1;
        }
        while self.is_blank(self.pos) {
            self.pos += 1;
        }
        if self.at(self.pos) == b'#' {
            self.comment();
        }
        if !self.is_breakz(self.pos) {
            return Err(Failure::syntax(self.pos, self.char_end(self.pos), "text after a block indicator")
                .hint("begin the text on the next line, or put it in quotes"));
        }
        self.skip_line();
        let mut end = self.pos;
        let mut indent = if increment > 0 { self.indent.max(0) + increment } else { 0 };
        let from = self.arena.len() as u32;
        let literal = style == Style::Literal;
        self.breaks.clear();
        self.block_breaks(&mut indent)?;
        let mut leading_blank = false;
        let mut last_break = "";
        while self.column() == indent && self.pos < self.end {
            let blank = self.is_blank(self.pos);
            if !literal && !leading_blank && !blank && last_break.starts_with('\n') {
                if self.breaks.is_empty() {
                    self.arena.push(' ');
                }
            } else {
                self.arena.push_str(last_break);
            }
            self.arena.push_str(&self.breaks);
            self.breaks.clear();
            leading_blank = blank;
            let line = self.pos;
            let bytes = &self.bytes[..self.end];
            let mut at = line;
            loop {
                while at < bytes.len() && CLASS[bytes[at] as usize] & (BREAK | WIDE) == 0 {
                    at += 1;
                }
                if at < bytes.len() && CLASS[bytes[at] as usize] & WIDE != 0 && self.break_len(at) == 0 {
                    at += 1;
                    continue;
                }
                break;
            }
            self.pos = at;
            self.arena.push_str(&self.text[line..at]);
            end = at;
            // kubectl's line reader ends the last line where the file does not.
            last_break = if self.pos >= self.end { "\n" } else { self.skip_line() };
            self.block_breaks(&mut indent)?;
        }
        if chomping != -1 {
            self.arena.push_str(last_break);
        }
        if chomping == 1 {
            self.arena.push_str(&self.breaks);
        }
        self.breaks.clear();
        let text = Text::Arena(from, self.arena.len() as u32 - from);
        self.push_text(TokenKind::Scalar(style), start, end.max(start + 1), text);
        Ok(())
    }

    /// Empty lines of a block scalar; finds its indentation where that is not known yet.
    fn block_breaks(&mut self, indent: &mut i32) -> Result<()> {
        let mut widest = 0;
        loop {
            while (*indent == 0 || self.column() < *indent) && self.at(self.pos) == b' ' {
                self.pos += 1;
            }
            widest = widest.max(self.column());
            if (*indent == 0 || self.column() < *indent) && self.at(self.pos) == b'\t' {
                return Err(Failure::syntax(self.pos, self.pos + 1, "a tab where indentation is expected")
                    .hint("YAML is indented with spaces"));
            }
            if self.break_len(self.pos) == 0 {
                break;
            }
            let text = self.skip_line();
            self.breaks.push_str(text);
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
