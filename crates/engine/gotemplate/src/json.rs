//! JSON as `encoding/json` writes and reads it, with the marks of each scalar.

use crate::number;
use crate::text::{Rope, Text};
use crate::trail::{Mark, Trails};
use crate::value::{DEEPEST, Data, Value};
use std::fmt::Write;
use std::rc::Rc;

/// How it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `<`, `>` and `&` as escapes.
    Escaped,
    /// As they are.
    Raw,
    /// Escaped, over lines.
    Pretty,
}

/// Writes a value. What JSON cannot say (an infinite number) gives no text, as Helm swallows the error.
pub(crate) fn write(value: &Value, form: Form, trails: &Trails, most: usize) -> Result<Text, String> {
    let mut writer = Writer { rope: Rope::default(), form, trails, most };
    match writer.value(value, 0)? {
        true => Ok(writer.rope.finish()),
        false => Ok(Text::plain("")),
    }
}

struct Writer<'a> {
    rope: Rope,
    form: Form,
    trails: &'a Trails,
    most: usize,
}

impl Writer<'_> {
    fn line(&mut self, depth: usize) {
        if self.form == Form::Pretty {
            self.rope.push_str("\n", Mark::NONE);
            self.rope.push_str(&"  ".repeat(depth), Mark::NONE);
        }
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<bool, String> {
        if depth > DEEPEST || self.rope.len() > self.most {
            return Err("value is too large for JSON".to_owned());
        }
        let mark = value.mark;
        match &value.data {
            Data::Nil => self.rope.push_str("null", mark),
            Data::Bool(flag) => self.rope.push_str(if *flag { "true" } else { "false" }, mark),
            Data::Int(number, _) => self.rope.push_str(&number.to_string(), mark),
            Data::Float(number) if !number.is_finite() => return Ok(false),
            Data::Float(number) => self.rope.push_str(&number::json(*number), mark),
            Data::Str(text) => {
                let origin = text.mark(self.trails);
                let mut out = String::with_capacity(text.as_str().len() + 2);
                quote(text.as_str(), self.form != Form::Raw, &mut out);
                self.rope.push_str(&out, origin);
            }
            Data::List(list) => {
                self.rope.push_str("[", mark);
                for (index, item) in list.items.iter().enumerate() {
                    if index > 0 {
                        self.rope.push_str(",", mark);
                    }
                    self.line(depth + 1);
                    if !self.value(item, depth + 1)? {
                        return Ok(false);
                    }
                }
                if !list.items.is_empty() {
                    self.line(depth);
                }
                self.rope.push_str("]", mark);
            }
            Data::Map(map) => {
                let map = map.borrow();
                self.rope.push_str("{", mark);
                for (index, (key, slot)) in map.entries.iter().enumerate() {
                    if index > 0 {
                        self.rope.push_str(",", mark);
                    }
                    self.line(depth + 1);
                    let mut out = String::with_capacity(key.len() + 3);
                    quote(key, self.form != Form::Raw, &mut out);
                    out.push_str(if self.form == Form::Pretty { ": " } else { ":" });
                    self.rope.push_str(&out, slot.key);
                    if !self.value(&slot.value, depth + 1)? {
                        return Ok(false);
                    }
                }
                if !map.entries.is_empty() {
                    self.line(depth);
                }
                self.rope.push_str("}", mark);
            }
            Data::Object(object) => return self.value(&Value { mark, ..object.plain() }, depth + 1),
        }
        Ok(true)
    }
}

pub(crate) fn quote(text: &str, html: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' if html => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// `fromJson` of Helm: a map, with `Error` in it where the text is none.
pub(crate) fn read_map(text: &Text, trails: &Trails) -> Value {
    let wrong = |message: String| Value::map([("Error".into(), Value::str(message))]);
    match read_any(text, trails) {
        Ok(value) => match &value.data {
            Data::Map(_) => value,
            Data::Nil => Value::map([]),
            _ => wrong(format!(
                "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                word(&value)
            )),
        },
        Err(message) => wrong(message),
    }
}

/// `fromJsonArray` of Helm: a list, of the error alone where the text is none.
pub(crate) fn read_array(text: &Text, trails: &Trails) -> Value {
    match read_any(text, trails) {
        Ok(value) => match &value.data {
            Data::List(_) => value,
            Data::Nil => Value::list(Vec::new()),
            _ => Value::list(vec![Value::str(format!(
                "json: cannot unmarshal {} into Go value of type []interface {{}}",
                word(&value)
            ))]),
        },
        Err(message) => Value::list(vec![Value::str(message)]),
    }
}

/// What a value is in `encoding/json`'s errors.
pub(crate) fn word(value: &Value) -> &'static str {
    match &value.data {
        Data::Str(_) => "string",
        Data::Int(..) | Data::Float(_) => "number",
        Data::Bool(_) => "bool",
        Data::List(_) => "array",
        Data::Map(_) | Data::Object(_) => "object",
        Data::Nil => "null",
    }
}

/// Reads one JSON value; numbers are floats, as `interface{}` gets them.
/// Where a number ends that a text begins with.
fn number_end(text: &[u8]) -> Result<usize, String> {
    let digits = |from: usize| text.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let want = |at: usize, place: &str| match (digits(at), text.get(at)) {
        (0, Some(byte)) => Err(format!("invalid character {} {place}", shown(*byte))),
        (0, None) => Err("unexpected end of JSON input".to_owned()),
        (count, _) => Ok(at + count),
    };
    let mut at = usize::from(text.first() == Some(&b'-'));
    // A zero stands alone.
    at = if text.get(at) == Some(&b'0') { at + 1 } else { want(at, "in numeric literal")? };
    if text.get(at) == Some(&b'.') {
        at = want(at + 1, "after decimal point in numeric literal")?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        at = want(at + 1 + sign, "in exponent of numeric literal")?;
    }
    Ok(at)
}

pub(crate) fn read_any(text: &Text, trails: &Trails) -> Result<Value, String> {
    let mut reader = Reader { text, bytes: text.as_str().as_bytes(), at: 0, trails };
    let value = reader.value(0)?;
    reader.blanks();
    match reader.bytes.get(reader.at) {
        None => Ok(value),
        Some(byte) => Err(format!("invalid character {} after top-level value", shown(*byte))),
    }
}

/// Reads the JSON value that a text begins with; every part of it has the same mark. Also how many bytes it takes.
pub fn json_prefix(text: &str, mark: Mark) -> Result<(Value, usize), String> {
    let trails = Trails::default();
    let text = Text::marked(text, mark);
    let mut reader = Reader { text: &text, bytes: text.as_str().as_bytes(), at: 0, trails: &trails };
    let value = reader.value(0)?;
    Ok((value, reader.at))
}

fn shown(byte: u8) -> String {
    format!("'{}'", byte as char)
}

struct Reader<'a> {
    text: &'a Text,
    bytes: &'a [u8],
    at: usize,
    trails: &'a Trails,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn unexpected<T>(&self, context: &str) -> Result<T, String> {
        match self.bytes.get(self.at) {
            None => Err("unexpected end of JSON input".to_owned()),
            Some(byte) => Err(format!("invalid character {} {context}", shown(*byte))),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err("exceeded max depth".to_owned());
        }
        self.blanks();
        let start = self.at;
        let rest = self.text.as_str().get(self.at..).unwrap_or_default();
        let mut word = |text: &str, data: Data| -> Option<Data> {
            rest.starts_with(text).then(|| {
                self.at += text.len();
                data
            })
        };
        let data = if let Some(data) = word("null", Data::Nil) {
            data
        } else if let Some(data) = word("true", Data::Bool(true)).or_else(|| word("false", Data::Bool(false))) {
            data
        } else {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    let text = self.string()?;
                    let mark = self.text.mark_of(start..self.at, self.trails);
                    return Ok(Value::text(Text::marked(text, mark)));
                }
                Some(b'-' | b'0'..=b'9') => {
                    let end = number_end(rest.as_bytes())?;
                    let number = rest.get(..end).unwrap_or_default();
                    self.at += end;
                    Data::Float(number.parse().map_err(|_| format!("invalid number literal {number}"))?)
                }
                Some(b'[') => {
                    self.at += 1;
                    let mut items = Vec::new();
                    self.blanks();
                    if self.bytes.get(self.at) == Some(&b']') {
                        self.at += 1;
                    } else {
                        loop {
                            items.push(self.value(depth + 1)?);
                            self.blanks();
                            match self.bytes.get(self.at) {
                                Some(b',') => self.at += 1,
                                Some(b']') => {
                                    self.at += 1;
                                    break;
                                }
                                _ => return self.unexpected("after array element"),
                            }
                        }
                    }
                    Value::list(items).data
                }
                Some(b'{') => {
                    self.at += 1;
                    let mut dict = crate::value::Dict::default();
                    self.blanks();
                    if self.bytes.get(self.at) == Some(&b'}') {
                        self.at += 1;
                    } else {
                        loop {
                            self.blanks();
                            let from = self.at;
                            if self.bytes.get(self.at) != Some(&b'"') {
                                return self.unexpected("looking for beginning of object key string");
                            }
                            let key: Rc<str> = self.string()?.into();
                            let mark = self.text.mark_of(from..self.at, self.trails);
                            self.blanks();
                            if self.bytes.get(self.at) != Some(&b':') {
                                return self.unexpected("after object key");
                            }
                            self.at += 1;
                            let value = self.value(depth + 1)?;
                            dict.insert(key, crate::value::Slot { key: mark, value });
                            self.blanks();
                            match self.bytes.get(self.at) {
                                Some(b',') => self.at += 1,
                                Some(b'}') => {
                                    self.at += 1;
                                    break;
                                }
                                _ => return self.unexpected("after object key:value pair"),
                            }
                        }
                    }
                    Value::dict(dict).data
                }
                _ => return self.unexpected("looking for beginning of value"),
            }
        };
        let mark = self.text.mark_of(start..self.at, self.trails);
        Ok(Value { data, mark })
    }

    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.text.as_str().get(self.at..).unwrap_or_default();
            let Some(c) = rest.chars().next() else { return Err("unexpected end of JSON input".to_owned()) };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => {
                    let escape = self.bytes.get(self.at).copied();
                    self.at += 1;
                    match escape {
                        Some(b'n') => out.push('\n'),
                        Some(b't') => out.push('\t'),
                        Some(b'r') => out.push('\r'),
                        Some(b'b') => out.push('\u{8}'),
                        Some(b'f') => out.push('\u{c}'),
                        Some(c @ (b'"' | b'\\' | b'/')) => out.push(c as char),
                        Some(b'u') => {
                            let unit = self.unit()?;
                            let low = self.text.as_str().get(self.at..).is_some_and(|rest| rest.starts_with("\\u"));
                            if (0xD800..0xDC00).contains(&unit) && low {
                                self.at += 2;
                                let low = self.unit()?;
                                let c = 0x10000 + ((unit - 0xD800) << 10) + low.wrapping_sub(0xDC00);
                                out.push(char::from_u32(c).unwrap_or('\u{FFFD}'));
                            } else {
                                out.push(char::from_u32(unit).unwrap_or('\u{FFFD}'));
                            }
                        }
                        _ => return Err("invalid character in string escape code".to_owned()),
                    }
                }
                c if (c as u32) < 0x20 => return Err("invalid character in string literal".to_owned()),
                c => out.push(c),
            }
        }
    }

    fn unit(&mut self) -> Result<u32, String> {
        let digits = self.text.as_str().get(self.at..self.at + 4);
        self.at += 4;
        let value = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        value.ok_or_else(|| "invalid character in \\u hexadecimal character escape".to_owned())
    }
}
