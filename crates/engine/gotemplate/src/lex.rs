//! Text to tokens, as `text/template/parse/lex.go` cuts it: literal text with trim markers applied, and what lies
//! between `{{` and `}}`. Every token is a range of the text.

use crate::ast::SyntaxError;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Text,
    Open,
    Close,
    Space,
    Identifier,
    Field,
    Variable,
    Dot,
    Bool,
    Nil,
    Number,
    Char,
    Str,
    Raw,
    Assign,
    Declare,
    Comma,
    Pipe,
    LeftParen,
    RightParen,
    Keyword,
    Eof,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

const KEYWORDS: &[&str] = &["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"];

/// What Go trims beside a marker.
fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    depth: usize,
}

/// All tokens of a text. Comments are dropped.
pub(crate) fn lex(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, tokens: Vec::with_capacity(text.len() / 4), depth: 0 };
    lexer.run()?;
    Ok(lexer.tokens)
}

impl Lexer<'_> {
    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        self.tokens.push(Token { kind, start, end });
    }

    fn fail<T>(&self, at: usize, message: impl Into<String>) -> Result<T, SyntaxError> {
        Err(SyntaxError::new(at, message))
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn run(&mut self) -> Result<(), SyntaxError> {
        // Does the text that follows lose its leading blanks?
        let mut trim_left = false;
        loop {
            let mut start = self.at;
            if trim_left {
                while self.byte(start).is_some_and(blank) {
                    start += 1;
                }
            }
            let rest = self.bytes.get(start..).unwrap_or_default();
            let open = rest.windows(2).position(|pair| pair == b"{{").map(|offset| start + offset);
            let Some(open) = open else {
                if start < self.text.len() {
                    self.push(Kind::Text, start, self.text.len());
                }
                self.push(Kind::Eof, self.text.len(), self.text.len());
                return Ok(());
            };
            let marker = self.byte(open + 2) == Some(b'-') && self.byte(open + 3).is_some_and(blank);
            let mut end = open;
            if marker {
                while end > start && self.byte(end - 1).is_some_and(blank) {
                    end -= 1;
                }
            }
            if end > start {
                self.push(Kind::Text, start, end);
            }
            self.at = open + if marker { 4 } else { 2 };
            let comment = self.text.get(self.at..).is_some_and(|rest| rest.starts_with("/*"));
            trim_left = if comment { self.comment(open)? } else { self.action(open)? };
        }
    }

    /// After `{{` stands `/*`. Returns whether the closing delimiter trims.
    fn comment(&mut self, open: usize) -> Result<bool, SyntaxError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(end) = rest.find("*/") else { return self.fail(open, "unclosed comment") };
        self.at += end + 2;
        match self.closing() {
            Some((trim, after)) => {
                self.at = after;
                Ok(trim)
            }
            None => self.fail(open, "comment ends before closing delimiter"),
        }
    }

    /// Is there a right delimiter here? Whether it trims, and where it ends.
    fn closing(&self) -> Option<(bool, usize)> {
        if self.byte(self.at).is_some_and(blank) && self.text.get(self.at + 1..)?.starts_with("-}}") {
            return Some((true, self.at + 4));
        }
        self.text.get(self.at..)?.starts_with("}}").then_some((false, self.at + 2))
    }

    fn action(&mut self, open: usize) -> Result<bool, SyntaxError> {
        self.push(Kind::Open, open, self.at);
        self.depth = 0;
        loop {
            if let Some((trim, after)) = self.closing() {
                if self.depth > 0 {
                    return self.fail(self.at, "unclosed left paren");
                }
                self.push(Kind::Close, self.at, after);
                self.at = after;
                return Ok(trim);
            }
            let start = self.at;
            let Some(c) = self.text.get(start..).and_then(|rest| rest.chars().next()) else {
                return self.fail(open, "unclosed action");
            };
            let kind = match c {
                ' ' | '\t' | '\r' | '\n' => {
                    // A blank before ` -}}` belongs to the delimiter.
                    while self.byte(self.at).is_some_and(blank) && self.closing().is_none() {
                        self.at += 1;
                    }
                    Kind::Space
                }
                '=' => self.one(Kind::Assign),
                ':' => {
                    if self.byte(start + 1) != Some(b'=') {
                        return self.fail(start, "expected :=");
                    }
                    self.at += 2;
                    Kind::Declare
                }
                '|' => self.one(Kind::Pipe),
                ',' => self.one(Kind::Comma),
                '"' => self.quoted('"', Kind::Str)?,
                '\'' => self.quoted('\'', Kind::Char)?,
                '`' => {
                    let rest = self.text.get(start + 1..).unwrap_or_default();
                    let Some(end) = rest.find('`') else { return self.fail(start, "unterminated raw quoted string") };
                    self.at = start + end + 2;
                    Kind::Raw
                }
                '$' => {
                    self.at += 1;
                    self.word();
                    self.terminated(start)?;
                    Kind::Variable
                }
                '.' if !self.byte(start + 1).is_some_and(|b| b.is_ascii_digit()) => {
                    self.at += 1;
                    self.word();
                    self.terminated(start)?;
                    if self.at == start + 1 { Kind::Dot } else { Kind::Field }
                }
                '.' | '+' | '-' | '0'..='9' => {
                    self.number(start)?;
                    Kind::Number
                }
                '(' => {
                    self.depth += 1;
                    self.one(Kind::LeftParen)
                }
                ')' => {
                    if self.depth == 0 {
                        return self.fail(start, "unexpected right paren");
                    }
                    self.depth -= 1;
                    self.one(Kind::RightParen)
                }
                c if c == '_' || c.is_alphanumeric() => {
                    self.word();
                    self.terminated(start)?;
                    match self.text.get(start..self.at).unwrap_or_default() {
                        "true" | "false" => Kind::Bool,
                        "nil" => Kind::Nil,
                        word if KEYWORDS.contains(&word) => Kind::Keyword,
                        _ => Kind::Identifier,
                    }
                }
                c => return self.fail(start, format!("unexpected character {c:?} in action")),
            };
            self.push(kind, start, self.at);
        }
    }

    fn one(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }

    fn word(&mut self) {
        while let Some(c) = self.text.get(self.at..).and_then(|rest| rest.chars().next())
            && (c == '_' || c.is_alphanumeric())
        {
            self.at += c.len_utf8();
        }
    }

    /// A name ends where something else may begin: `$x+2` is an error, not two operands.
    fn terminated(&self, start: usize) -> Result<(), SyntaxError> {
        let next = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        let fine = match next {
            None | Some(' ' | '\t' | '\r' | '\n' | '.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(_) => self.closing().is_some(),
        };
        match next {
            Some(c) if !fine => self.fail(start, format!("bad character {c:?} after a name")),
            _ => Ok(()),
        }
    }

    fn quoted(&mut self, quote: char, kind: Kind) -> Result<Kind, SyntaxError> {
        let start = self.at;
        let words = if quote == '"' { "unterminated quoted string" } else { "unterminated character constant" };
        self.at += 1;
        loop {
            match self.byte(self.at) {
                None | Some(b'\n') => return self.fail(start, words),
                Some(b'\\') => {
                    if matches!(self.byte(self.at + 1), None | Some(b'\n')) {
                        return self.fail(start, words);
                    }
                    self.at += 2;
                    // The escaped character may be longer than a byte.
                    while !self.text.is_char_boundary(self.at) {
                        self.at += 1;
                    }
                }
                Some(byte) => {
                    self.at += 1;
                    if byte == quote as u8 {
                        return Ok(kind);
                    }
                }
            }
        }
    }

    fn number(&mut self, start: usize) -> Result<(), SyntaxError> {
        if matches!(self.byte(self.at), Some(b'+' | b'-')) {
            self.at += 1;
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let prefix = rest.get(..2).unwrap_or_default().to_ascii_lowercase();
        let base: fn(&u8) -> bool = match prefix.as_slice() {
            b"0x" => |b| b.is_ascii_hexdigit() || *b == b'_',
            b"0o" => |b| matches!(b, b'0'..=b'7' | b'_'),
            b"0b" => |b| matches!(b, b'0' | b'1' | b'_'),
            _ => |b| b.is_ascii_digit() || *b == b'_',
        };
        let prefixed = matches!(prefix.as_slice(), b"0x" | b"0o" | b"0b");
        self.at += if prefixed { 2 } else { 0 };
        let run = |lexer: &mut Self| {
            while lexer.bytes.get(lexer.at).is_some_and(base) {
                lexer.at += 1;
            }
        };
        run(self);
        if self.byte(self.at) == Some(b'.') {
            self.at += 1;
            run(self);
        }
        let exponent = if prefix == b"0x" {
            matches!(self.byte(self.at), Some(b'p' | b'P'))
        } else {
            !prefixed && matches!(self.byte(self.at), Some(b'e' | b'E'))
        };
        if exponent {
            self.at += 1;
            if matches!(self.byte(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            while self.byte(self.at).is_some_and(|b| b.is_ascii_digit() || b == b'_') {
                self.at += 1;
            }
        }
        let next = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        if next.is_some_and(|c| c == '_' || c.is_alphanumeric()) {
            let end = self.at + next.map_or(0, char::len_utf8);
            return self.fail(start, format!("bad number syntax: {:?}", self.text.get(start..end).unwrap_or_default()));
        }
        Ok(())
    }
}
