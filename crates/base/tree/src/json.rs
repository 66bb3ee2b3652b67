//! JSON as Go's `encoding/json` reads it: strict about syntax, lenient about broken surrogates, last duplicate wins.

use crate::build::Builder;
use crate::document::{Kind, Style};
use crate::problem::{Failure, Result};
use crate::resolve;

/// Reads the value that begins at `start` (blanks before it allowed) and returns where it ends. Escaped texts go to
/// the arena. A number beyond 64-bit floats is no error of syntax: the stream goes on behind the value, which is lost.
pub(crate) fn read(
    builder: &mut Builder<'_>,
    text: &str,
    start: usize,
    arena: &mut String,
) -> Result<(usize, Option<Failure>)> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: start, builder, arena, range: None };
    reader.value()?;
    Ok((reader.at, reader.range))
}

struct Reader<'r, 's, 'b> {
    text: &'r str,
    bytes: &'r [u8],
    at: usize,
    builder: &'b mut Builder<'s>,
    arena: &'b mut String,
    range: Option<Failure>,
}

impl Reader<'_, '_, '_> {
    #[inline]
    fn peek(&mut self) -> u8 {
        while let Some(&byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return byte;
            }
            self.at += 1;
        }
        0
    }

    fn fail<T>(&self, message: &str) -> Result<T> {
        let mut end = self.at + 1;
        while end < self.text.len() && !self.text.is_char_boundary(end) {
            end += 1;
        }
        let failure = Failure::new("input/json-syntax", self.at, end.min(self.text.len()).max(self.at), message);
        Err(match self.bytes.get(self.at) {
            None => failure.hint("the text ends too early: close what is open"),
            Some(b'/' | b'#') => failure.hint("JSON has no comments"),
            Some(b'\'') => failure.hint("JSON's texts are in double quotes"),
            _ => failure,
        })
    }

    fn value(&mut self) -> Result<()> {
        let mut maps: Vec<bool> = Vec::new();
        loop {
            // A value begins here.
            let c = self.peek();
            let mut complete = true;
            match c {
                b'{' | b'[' => {
                    let is_map = c == b'{';
                    self.builder.begin(is_map, Style::Json, self.at, None)?;
                    self.at += 1;
                    let close = if is_map { b'}' } else { b']' };
                    if self.peek() == close {
                        self.at += 1;
                        self.builder.end(self.at)?;
                    } else {
                        maps.push(is_map);
                        complete = false;
                        if is_map {
                            self.key()?;
                        }
                    }
                }
                b'"' => {
                    let start = self.at;
                    let own = self.string()?;
                    self.builder.json_scalar(start, self.at, Kind::String, own)?;
                }
                b'-' | b'0'..=b'9' => self.number()?,
                b't' => self.word("true", Kind::Bool)?,
                b'f' => self.word("false", Kind::Bool)?,
                b'n' => self.word("null", Kind::Null)?,
                _ => return self.fail("expected a value"),
            }
            if !complete {
                continue;
            }
            // A value ended here.
            loop {
                let Some(&is_map) = maps.last() else { return Ok(()) };
                match self.peek() {
                    b',' => {
                        let comma = self.at;
                        self.at += 1;
                        if matches!(self.peek(), b'}' | b']') {
                            self.at = comma;
                            return self.fail("a comma with nothing after it").map_err(|f| f.hint("remove the comma"));
                        }
                        if is_map {
                            self.key()?;
                        }
                        break;
                    }
                    b'}' if is_map => {}
                    b']' if !is_map => {}
                    _ => return self.fail(if is_map { "expected `,` or `}`" } else { "expected `,` or `]`" }),
                }
                self.at += 1;
                maps.pop();
                self.builder.end(self.at)?;
            }
        }
    }

    fn key(&mut self) -> Result<()> {
        if self.peek() != b'"' {
            return self.fail("expected a key in double quotes");
        }
        let start = self.at;
        match self.string()? {
            None => {
                let name = self.text.get(start + 1..self.at - 1).unwrap_or_default();
                self.builder.key(name, start, self.at)?;
            }
            Some((from, len)) => {
                let name = self.arena.get(from as usize..(from + len) as usize).unwrap_or_default().to_owned();
                self.builder.key(&name, start, self.at)?;
            }
        }
        if self.peek() != b':' {
            return self.fail("expected `:` after the key");
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<()> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return self.fail("expected a value");
        }
        let start = self.at;
        self.at += word.len();
        self.builder.json_scalar(start, self.at, kind, None)
    }

    fn digits(&mut self) -> Result<()> {
        let from = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == from { self.fail("expected a digit") } else { Ok(()) }
    }

    fn number(&mut self) -> Result<()> {
        let start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        let mut integral = true;
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
            integral = false;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
            integral = false;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let mut kind = Kind::Int;
        // Up to 18 digits fit without a look.
        if !integral || text.len() > 18 {
            let value: f64 = text.parse().unwrap_or(f64::INFINITY);
            if !value.is_finite() {
                let failure = Failure::new("input/not-json-value", start, self.at, "a number beyond 64-bit floats");
                self.range.get_or_insert(failure);
            }
            let is_int = if integral { text.parse::<i64>().is_ok() } else { resolve::float_as_int(value).is_some() };
            if !is_int {
                kind = Kind::Float;
            }
        }
        self.builder.json_scalar(start, self.at, kind, None)
    }

    /// A string from its opening quote on; its place in the arena where it holds an escape.
    fn string(&mut self) -> Result<Option<(u32, u32)>> {
        let open = self.at;
        self.at += 1;
        let mut copied = self.at;
        let mut own: Option<u32> = None;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(step) = rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20) else {
                self.at = open;
                return self.fail("a text without its closing quote");
            };
            self.at += step;
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    let from = own.unwrap_or(self.arena.len() as u32);
                    own = Some(from);
                    self.arena.push_str(self.text.get(copied..self.at).unwrap_or_default());
                    self.escape()?;
                    copied = self.at;
                }
                _ => {
                    return self
                        .fail("a line break or control character within a text")
                        .map_err(|f| f.hint("write `\\n` for a line break; is the closing quote missing?"));
                }
            }
        }
        let result = own.map(|from| {
            self.arena.push_str(self.text.get(copied..self.at).unwrap_or_default());
            (from, self.arena.len() as u32 - from)
        });
        self.at += 1;
        Ok(result)
    }

    fn hex4(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 4)?;
        digits.iter().try_fold(0, |value, &b| Some(value << 4 | (b as char).to_digit(16)?))
    }

    fn escape(&mut self) -> Result<()> {
        let c = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\x08',
            Some(b'f') => '\x0C',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let Some(unit) = self.hex4(self.at + 2) else {
                    return self.fail("`\\u` wants 4 hexadecimal digits");
                };
                self.at += 6;
                let mut decoded = char::from_u32(unit);
                if (0xD800..0xDC00).contains(&unit)
                    && self.bytes.get(self.at..self.at + 2) == Some(b"\\u")
                    && let Some(low) = self.hex4(self.at + 2).filter(|low| (0xDC00..0xE000).contains(low))
                {
                    decoded = char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
                    self.at += 6;
                }
                self.arena.push(decoded.unwrap_or(char::REPLACEMENT_CHARACTER));
                return Ok(());
            }
            _ => {
                return self.fail("unknown escape").map_err(|f| f.hint("write `\\\\` for a backslash"));
            }
        };
        self.arena.push(c);
        self.at += 2;
        Ok(())
    }
}
