//! Scalars as kustomize holds them: a text, a tag that may be open, and whether it stands in quotes.
//!
//! kyaml reads YAML with go-yaml v3, which knows fewer booleans than kubectl (`yes` is a text), and keeps the tag of a
//! node while its text changes; what a value is in the end is decided when it is written and read again.

use ironclad_tree::{Kind, NodeRef, Style};

/// What a scalar was declared or found to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tag {
    /// Not said: the text decides, unless it is in quotes.
    Open,
    Text,
    Int,
    Float,
    Bool,
    Null,
    Time,
}

/// A scalar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) tag: Tag,
    pub(crate) quoted: bool,
}

impl Scalar {
    /// A text whatever it looks like.
    pub(crate) fn string(text: impl Into<String>) -> Scalar {
        Scalar { text: text.into(), tag: Tag::Text, quoted: false }
    }

    /// A value whose type its text decides.
    pub(crate) fn open(text: impl Into<String>) -> Scalar {
        Scalar { text: text.into(), tag: Tag::Open, quoted: false }
    }

    pub(crate) fn null() -> Scalar {
        Scalar { text: "null".to_owned(), tag: Tag::Null, quoted: false }
    }

    /// As kyaml reads it.
    pub(crate) fn of_yaml(node: NodeRef<'_>) -> Scalar {
        let text = node.text_unbroken().unwrap_or_default().to_owned();
        match node.style() {
            Style::Plain => Scalar { tag: resolve(&text), text, quoted: false },
            Style::Json if node.kind() != Kind::String => Scalar { tag: resolve(&text), text, quoted: false },
            _ => Scalar { text, tag: Tag::Text, quoted: true },
        }
    }

    /// As kubectl reads it.
    pub(crate) fn of_kubectl(node: NodeRef<'_>) -> Scalar {
        let text = node.text_unbroken().unwrap_or_default().to_owned();
        let tag = match node.kind() {
            Kind::Null => Tag::Null,
            Kind::Bool => {
                return Scalar { text: (node.as_bool() == Some(true)).to_string(), tag: Tag::Bool, quoted: false };
            }
            Kind::Int => return Scalar { text: node.as_i64().unwrap_or(0).to_string(), tag: Tag::Int, quoted: false },
            Kind::Float => Tag::Float,
            _ => Tag::Text,
        };
        Scalar { text, tag, quoted: tag == Tag::Text }
    }

    /// kyaml's `IsYNodeString`.
    pub(crate) fn is_text_like(&self) -> bool {
        matches!(self.tag, Tag::Text | Tag::Open)
    }

    /// What it is once it was written and read again.
    pub(crate) fn kind(&self) -> Tag {
        match self.tag {
            Tag::Open if self.quoted => Tag::Text,
            Tag::Open => resolve(&self.text),
            // A tag that the text implies is not written, and then the quotes decide.
            tag if self.quoted && resolve(&self.text) == tag => Tag::Text,
            tag => tag,
        }
    }

    /// Does its text fit its tag? A number that was replaced by a word does not.
    pub(crate) fn fits(&self) -> bool {
        match self.tag {
            Tag::Int => resolve(&self.text) == Tag::Int,
            Tag::Float => matches!(resolve(&self.text), Tag::Int | Tag::Float),
            Tag::Bool => resolve(&self.text) == Tag::Bool,
            _ => true,
        }
    }

    /// The value as JSON.
    pub(crate) fn write_json(&self, out: &mut String) {
        match self.kind() {
            Tag::Null => out.push_str("null"),
            Tag::Bool => out.push_str(if self.text.eq_ignore_ascii_case("true") { "true" } else { "false" }),
            Tag::Int => match integer(&self.text) {
                Some(value) => out.push_str(&value.to_string()),
                None => write_string(&self.text, out),
            },
            Tag::Float => write_float(&self.text, out),
            Tag::Time => write_string(&time(&self.text), out),
            Tag::Text | Tag::Open => write_string(&self.text, out),
        }
    }

    /// The same after a way through JSON, as patches of RFC 6902 leave it.
    pub(crate) fn through_json(&self) -> Scalar {
        let kind = self.kind();
        let mut text = String::new();
        match kind {
            Tag::Text | Tag::Open => text.push_str(&self.text),
            Tag::Time => text = time(&self.text),
            _ => self.write_json(&mut text),
        }
        let tag = if kind == Tag::Time { Tag::Text } else { kind };
        Scalar { text, tag, quoted: tag == Tag::Text }
    }
}

/// The tag that go-yaml v3 finds for a plain text (`resolve.go`).
pub(crate) fn resolve(text: &str) -> Tag {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Tag::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => return Tag::Bool,
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf"
        | "-.INF" => return Tag::Float,
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Tag::Text;
    }
    if is_time(text) {
        return Tag::Time;
    }
    if integer(text).is_some() && !text.starts_with('.') {
        return Tag::Int;
    }
    if float(text).is_some() { Tag::Float } else { Tag::Text }
}

/// An integer as Go's `ParseInt(text, 0, 64)` reads it, underscores aside, or as `ParseUint`.
pub(crate) fn integer(text: &str) -> Option<i128> {
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.as_bytes().first()? {
        b'-' => (true, plain.get(1..)?),
        b'+' => (false, plain.get(1..)?),
        _ => (false, plain.as_str()),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)?),
        [b'0', b'o', ..] => (8, lower.get(2..)?),
        [b'0', b'b', ..] => (2, lower.get(2..)?),
        [b'0', _, ..] => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    if !body.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from_str_radix(body, radix).ok()?;
    let value = if negative { -value } else { value };
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

fn float(text: &str) -> Option<f64> {
    let plain = text.replace('_', "");
    let body = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (body.get(..at)?, Some(body.get(at + 1..)?)),
        None => (body, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !whole.is_empty() || !part.is_empty();
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    let value: f64 = (has_digits && digits(whole) && digits(part) && exponent_fits).then(|| plain.parse().ok())??;
    value.is_finite().then_some(value)
}

fn write_float(text: &str, out: &mut String) {
    match float(text) {
        Some(value) if value.fract() == 0.0 && value.abs() < 1e21 => out.push_str(&format!("{value:.0}")),
        Some(value) if value.abs() >= 1e21 || (value != 0.0 && value.abs() < 1e-6) => {
            out.push_str(&format!("{value:e}"))
        }
        Some(value) => out.push_str(&value.to_string()),
        None => write_string(text, out),
    }
}

/// `2001-12-14` and times of RFC 3339: go-yaml makes points in time of them.
fn is_time(text: &str) -> bool {
    let (date, rest) = text.split_at(text.find(['T', 't', ' ']).unwrap_or(text.len()));
    let mut parts = date.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let number = |part: &str, longest: usize, most: u32| {
        !part.is_empty() && part.len() <= longest && part.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n))
    };
    let is_date =
        year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) && number(month, 2, 12) && number(day, 2, 31);
    let has_clock = rest.len() > 4
        && rest.contains(':')
        && rest.bytes().skip(1).all(|b| b.is_ascii_digit() || b":.Zz+-".contains(&b));
    is_date && (rest.is_empty() || has_clock)
}

fn time(text: &str) -> String {
    let (date, rest) = text.split_at(text.find(['T', 't', ' ']).unwrap_or(text.len()));
    let date: Vec<String> = date.split('-').map(|part| format!("{part:0>2}")).collect();
    let clock = rest.get(1..).unwrap_or_default();
    let clock = if clock.is_empty() { "00:00:00Z".to_owned() } else { clock.to_owned() };
    let zone = if clock.contains(['Z', 'z', '+', '-']) { "" } else { "Z" };
    format!("{}T{clock}{zone}", date.join("-"))
}

/// A text that a YAML 1.1 reader would take for something else.
pub(crate) fn looks_typed(text: &str) -> bool {
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "yes" | "n" | "no" | "on" | "off" | "true" | "false" | "null" | "~"
    );
    !text.is_empty() && !text.contains('\n') && (word || !matches!(resolve(text), Tag::Text | Tag::Time))
}

/// A text as JSON writes it.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 || matches!(c as u32, 0x7F..=0x9F | 0x2028 | 0x2029 | 0xFEFF | 0xFFFE | 0xFFFF) => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_resolve_as_go_yaml_3_does() {
        for (text, tag) in [
            ("yes", Tag::Text),
            ("on", Tag::Text),
            ("true", Tag::Bool),
            ("~", Tag::Null),
            ("", Tag::Null),
            ("0755", Tag::Int),
            ("0o17", Tag::Int),
            ("1_000", Tag::Int),
            ("08", Tag::Float),
            ("1e3", Tag::Float),
            (".5", Tag::Float),
            ("1.", Tag::Float),
            ("-", Tag::Text),
            ("1.2.3", Tag::Text),
            ("12:30", Tag::Text),
            ("2001-12-14", Tag::Time),
            ("1e400", Tag::Text),
            ("+1", Tag::Int),
            ("0x1F", Tag::Int),
            ("100m", Tag::Text),
            ("18446744073709551615", Tag::Int),
            ("-x", Tag::Text),
        ] {
            assert_eq!(resolve(text), tag, "{text}");
        }
    }

    #[test]
    fn values_are_written_as_json() {
        for (text, json) in
            [("0755", "493"), ("1e3", "1000"), ("0.50", "0.5"), ("08", "8"), ("2001-12-14", "\"2001-12-14T00:00:00Z\"")]
        {
            let mut out = String::new();
            Scalar::open(text).write_json(&mut out);
            assert_eq!(out, json, "{text}");
        }
    }
}
