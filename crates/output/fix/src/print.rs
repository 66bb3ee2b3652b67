//! A value as text, in the layout of the text around it.

use crate::value::Value;
use ironclad_tree::{Kind, Limits, Source, Style, parse};

/// The layout of lines to insert.
#[derive(Clone, Debug)]
pub(crate) struct Block<'a> {
    /// The line break of the text.
    pub(crate) line_break: &'a str,
    /// Columns from a key to the keys below it.
    pub(crate) step: usize,
    /// Columns from a key to the hyphens below it.
    pub(crate) hyphen: usize,
}

impl Block<'_> {
    fn line(&self, out: &mut String, column: usize) {
        out.push_str(self.line_break);
        out.extend(std::iter::repeat_n(' ', column));
    }

    /// `key: value` at a column; its first line is not indented, its last not broken.
    pub(crate) fn entry(&self, out: &mut String, key: &str, value: &Value, column: usize) {
        out.push_str(&scalar(key, Style::Plain, false));
        out.push(':');
        match value {
            Value::Map(entries) if !entries.is_empty() => {
                for (key, value) in entries {
                    self.line(out, column + self.step);
                    self.entry(out, key, value, column + self.step);
                }
            }
            Value::List(items) if !items.is_empty() => {
                for value in items {
                    self.line(out, column + self.hyphen);
                    self.item(out, value, column + self.hyphen, 2);
                }
            }
            other => {
                out.push(' ');
                out.push_str(&inline(other, Style::Plain));
            }
        }
    }

    /// `- value` with its hyphen at a column and its content `offset` columns further.
    pub(crate) fn item(&self, out: &mut String, value: &Value, column: usize, offset: usize) {
        out.push('-');
        out.extend(std::iter::repeat_n(' ', offset - 1));
        match value {
            Value::Map(entries) if !entries.is_empty() => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        self.line(out, column + offset);
                    }
                    self.entry(out, key, value, column + offset);
                }
            }
            other => out.push_str(&inline(other, Style::Plain)),
        }
    }

    /// The entries or items of a collection, each on lines of its own at a column, the first line indented too.
    pub(crate) fn content(&self, value: &Value, column: usize) -> String {
        let mut out = String::new();
        let indent = " ".repeat(column);
        match value {
            Value::Map(entries) => {
                for (key, value) in entries {
                    out.push_str(&indent);
                    self.entry(&mut out, key, value, column);
                    out.push_str(self.line_break);
                }
            }
            Value::List(items) => {
                for value in items {
                    out.push_str(&indent);
                    self.item(&mut out, value, column, 2);
                    out.push_str(self.line_break);
                }
            }
            _ => {}
        }
        out
    }
}

/// A value on one line; a scalar in the style of the one that it replaces.
pub(crate) fn inline(value: &Value, style: Style) -> String {
    match value {
        Value::Map(_) | Value::List(_) => flow(value),
        Value::Text(text) => scalar(text, style, false),
        other => plain(other),
    }
}

/// A value in YAML's flow style.
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::Map(entries) => {
            let inner: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar(key, Style::Plain, true), flow(value)))
                .collect();
            format!("{{{}}}", inner.join(", "))
        }
        Value::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Text(text) => scalar(text, Style::Plain, true),
        other => plain(other),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Bool(true) => "true".to_owned(),
        Value::Bool(false) => "false".to_owned(),
        Value::Number(number) => number.clone(),
        _ => "null".to_owned(),
    }
}

/// The layout of JSON text to insert.
#[derive(Clone, Debug)]
pub(crate) struct Json<'a> {
    /// What separates lines; nothing where the document is on one.
    pub(crate) line_break: Option<&'a str>,
    /// Blanks of one level.
    pub(crate) step: String,
    /// Between a key and its value.
    pub(crate) colon: String,
    /// Between entries on one line.
    pub(crate) comma: String,
}

impl Json<'_> {
    /// A value whose own line begins with these blanks.
    pub(crate) fn value(&self, out: &mut String, value: &Value, indent: &str) {
        match value {
            Value::Map(entries) if !entries.is_empty() => {
                self.collection(out, ('{', '}'), entries.iter(), indent, |out, (key, value), inner| {
                    self.entry(out, key, value, inner);
                });
            }
            Value::List(items) if !items.is_empty() => {
                self.collection(out, ('[', ']'), items.iter(), indent, |out, value, inner| {
                    self.value(out, value, inner);
                });
            }
            Value::Map(_) => out.push_str("{}"),
            Value::List(_) => out.push_str("[]"),
            Value::Text(text) => out.push_str(&quoted(text)),
            other => out.push_str(&plain(other)),
        }
    }

    /// `"key": value`
    pub(crate) fn entry(&self, out: &mut String, key: &str, value: &Value, indent: &str) {
        out.push_str(&quoted(key));
        out.push_str(&self.colon);
        self.value(out, value, indent);
    }

    fn collection<T>(
        &self,
        out: &mut String,
        brackets: (char, char),
        content: impl Iterator<Item = T>,
        indent: &str,
        mut print: impl FnMut(&mut String, T, &str),
    ) {
        let inner = format!("{indent}{}", self.step);
        out.push(brackets.0);
        for (index, one) in content.enumerate() {
            self.separate(out, index > 0, &inner);
            print(out, one, &inner);
        }
        if let Some(line_break) = self.line_break {
            out.push_str(line_break);
            out.push_str(indent);
        }
        out.push(brackets.1);
    }

    /// What stands before an entry or item.
    pub(crate) fn separate(&self, out: &mut String, follows: bool, indent: &str) {
        match self.line_break {
            Some(line_break) => {
                out.push_str(if follows { "," } else { "" });
                out.push_str(line_break);
                out.push_str(indent);
            }
            None => out.push_str(if follows { &self.comma } else { "" }),
        }
    }
}

/// A text as a scalar of YAML in this style where that can hold it.
pub(crate) fn scalar(text: &str, style: Style, in_flow: bool) -> String {
    match style {
        Style::Json | Style::DoubleQuoted => quoted(text),
        Style::SingleQuoted if text.chars().all(|c| !c.is_control() && c != '\u{85}') => {
            format!("'{}'", text.replace('\'', "''"))
        }
        _ if is_plain(text, in_flow) => text.to_owned(),
        _ => quoted(text),
    }
}

/// Does it need no quotes? Stricter than YAML: a reader of 1.2 must agree.
fn is_plain(text: &str, in_flow: bool) -> bool {
    let bytes = text.as_bytes();
    let letter = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
    let other = |b: &u8| !in_flow && matches!(b, b':' | b'@' | b'+' | b'=' | b'%');
    let begins = bytes.first().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'.'));
    let shape = begins
        && bytes.iter().all(|b| letter(b) || other(b))
        && !text.ends_with(':')
        // `12:30` is a number in base 60 to some readers.
        && !(bytes.first().is_some_and(u8::is_ascii_digit) && text.contains([':', '_']));
    if shape && is_word(text) {
        return true;
    }
    shape && {
        let parsed = parse(&Source::new("scalar", format!("v: {text}")), &Limits::default());
        parsed.documents.first().is_some_and(|document| {
            let node = document.root().get_str("v").map(|entry| entry.value());
            document.notes().is_empty()
                && node.is_some_and(|node| node.kind() == Kind::String && node.as_str() == Some(text))
        })
    }
}

/// A word of more letters than any that YAML 1.1 reads as something else (`false`), or a short one that it does not know:
/// what the reader need not be asked about.
fn is_word(text: &str) -> bool {
    const NO_TEXT: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    text.bytes().all(|b| b.is_ascii_alphabetic()) && !NO_TEXT.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A text in double quotes, as JSON and YAML both read it.
pub(crate) fn quoted(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 || ('\u{7F}'..='\u{9F}').contains(&c) || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_only_where_they_are_needed() {
        for (text, expected) in [
            ("RuntimeDefault", "RuntimeDefault"),
            ("100m", "100m"),
            ("registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.9"),
            ("container.example.com/a.b", "container.example.com/a.b"),
            ("true", "\"true\""),
            ("on", "\"on\""),
            ("1", "\"1\""),
            ("1e3", "\"1e3\""),
            ("0o17", "\"0o17\""),
            ("12:30", "\"12:30\""),
            ("1_000", "\"1_000\""),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("*", "\"*\""),
            ("-", "\"-\""),
            ("a\u{85}b", "\"a\\u0085b\""),
        ] {
            assert_eq!(scalar(text, Style::Plain, false), expected, "{text:?}");
        }
        assert_eq!(scalar("a:b", Style::Plain, true), "\"a:b\"");
        assert_eq!(scalar("it's", Style::SingleQuoted, false), "'it''s'");
        assert_eq!(scalar("Always", Style::DoubleQuoted, false), "\"Always\"");
    }

    /// The short way says what the reader says, of every word of up to five letters that looks like a special one.
    #[test]
    fn words_are_what_the_reader_takes_for_text() {
        let letters = ["a", "e", "f", "i", "l", "n", "o", "r", "s", "t", "u", "y", "N", "O", "Y", "T", "F"];
        let mut words: Vec<String> = vec![String::new()];
        let (mut asked, mut short) = (0, 0);
        for _ in 0..3 {
            words = words.iter().flat_map(|word| letters.iter().map(move |letter| format!("{word}{letter}"))).collect();
            for word in &words {
                let parsed = parse(&Source::new("scalar", format!("v: {word}")), &Limits::default());
                let document = parsed.documents.first().unwrap();
                let node = document.root().get_str("v").unwrap().value();
                let is_text = document.notes().is_empty() && node.as_str() == Some(word);
                assert!(!is_word(word) || is_text, "{word}");
                short += usize::from(is_word(word));
                asked += 1;
            }
        }
        for word in
            ["null", "Null", "NULL", "nuLL", "true", "True", "TRUE", "tRue", "False", "FALSE", "nan", "inf", "spec"]
        {
            assert!(!is_word(word) || is_plain_by_reader(word), "{word}");
            asked += 1;
        }
        assert!(asked > 5_000 && short > 5_000, "{asked} {short}");
    }

    fn is_plain_by_reader(text: &str) -> bool {
        let parsed = parse(&Source::new("scalar", format!("v: {text}")), &Limits::default());
        parsed.documents.first().unwrap().root().get_str("v").unwrap().value().as_str() == Some(text)
    }

    #[test]
    fn values_in_each_layout() {
        let value = Value::parse(r#"{"a":{"b":["x",{"c":1,"d":[]}]}}"#).unwrap();
        let block = Block { line_break: "\n", step: 2, hyphen: 0 };
        assert_eq!(block.content(&value, 2), "  a:\n    b:\n    - x\n    - c: 1\n      d: []\n");
        let wide = Block { line_break: "\r\n", step: 4, hyphen: 2 };
        assert_eq!(wide.content(&value, 0), "a:\r\n    b:\r\n      - x\r\n      - c: 1\r\n        d: []\r\n");
        assert_eq!(flow(&value), "{a: {b: [x, {c: 1, d: []}]}}");
        let mut compact = String::new();
        let json = Json { line_break: None, step: String::new(), colon: ":".into(), comma: ",".into() };
        json.value(&mut compact, &value, "");
        assert_eq!(compact, r#"{"a":{"b":["x",{"c":1,"d":[]}]}}"#);
        let mut pretty = String::new();
        let json = Json { line_break: Some("\n"), step: "  ".into(), colon: ": ".into(), comma: ", ".into() };
        json.value(&mut pretty, &Value::parse("{a: [1]}").unwrap(), "");
        assert_eq!(pretty, "{\n  \"a\": [\n    1\n  ]\n}");
    }
}
