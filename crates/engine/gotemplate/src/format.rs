//! Go's `fmt`: `Sprintf`, `Sprint`, `Sprintln`, with every part of the output marked by the argument it shows.

use crate::number;
use crate::text::{Rope, Text};
use crate::trail::{Mark, Trails};
use crate::value::{DEEPEST, Data, Value};
use std::fmt::Write;

/// Widths and precisions beyond this are refused, as Go refuses beyond a million; we pay for every byte.
const WIDEST: usize = 100_000;

#[derive(Clone, Copy, Default)]
struct Spec {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// `fmt.Sprintf`
pub(crate) fn sprintf(format: &Text, arguments: &[Value], trails: &Trails) -> Text {
    let mut out = Rope::default();
    let text = format.as_str();
    let mut at = 0;
    let mut next = 0;
    let mut reordered = false;
    while at < text.len() {
        let literal = text[at..].find('%').map_or(text.len(), |offset| at + offset);
        if literal > at {
            out.push_slice(format, at..literal);
        }
        at = literal;
        if at >= text.len() {
            break;
        }
        let start = at;
        at += 1;
        let bytes = text.as_bytes();
        let mut spec = Spec::default();
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'+' => spec.plus = true,
                b'-' => spec.minus = true,
                b'#' => spec.sharp = true,
                b' ' => spec.space = true,
                b'0' => spec.zero = true,
                _ => break,
            }
            at += 1;
        }
        let mut index_error = false;
        argument_index(text, &mut at, &mut next, &mut reordered, arguments.len(), &mut index_error);
        let here = format.mark_of(start..at, trails);
        if bytes.get(at) == Some(&b'*') {
            at += 1;
            match arguments.get(next).map(|value| &value.data) {
                Some(Data::Int(width, _)) if width.unsigned_abs() as usize <= WIDEST => {
                    spec.minus |= *width < 0;
                    spec.width = Some(width.unsigned_abs() as usize);
                }
                _ => out.push_str("%!(BADWIDTH)", here),
            }
            next += 1;
        } else {
            spec.width = digits(text, &mut at);
        }
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            argument_index(text, &mut at, &mut next, &mut reordered, arguments.len(), &mut index_error);
            if bytes.get(at) == Some(&b'*') {
                at += 1;
                match arguments.get(next).map(|value| &value.data) {
                    Some(Data::Int(precision, _)) if *precision as usize <= WIDEST && *precision >= 0 => {
                        spec.precision = Some(*precision as usize);
                    }
                    Some(Data::Int(..)) => {}
                    _ => out.push_str("%!(BADPREC)", here),
                }
                next += 1;
            } else {
                spec.precision = Some(digits(text, &mut at).unwrap_or(0));
            }
        }
        argument_index(text, &mut at, &mut next, &mut reordered, arguments.len(), &mut index_error);
        let Some(verb) = text[at..].chars().next() else {
            out.push_str("%!(NOVERB)", here);
            break;
        };
        at += verb.len_utf8();
        let here = format.mark_of(start..at, trails);
        if verb == '%' {
            out.push_str("%", here);
        } else if index_error {
            out.push_str(&format!("%!{verb}(BADINDEX)"), here);
        } else if let Some(value) = arguments.get(next) {
            next += 1;
            verb_out(&mut out, spec, verb, value, here, trails);
        } else {
            out.push_str(&format!("%!{verb}(MISSING)"), here);
        }
    }
    if !reordered && next < arguments.len() {
        let mut extra = "%!(EXTRA ".to_owned();
        for (index, value) in arguments.iter().skip(next).enumerate() {
            extra.push_str(if index > 0 { ", " } else { "" });
            match value.data {
                Data::Nil => extra.push_str("<nil>"),
                _ => {
                    let _ = write!(extra, "{}={}", value.type_name(), plain(value));
                }
            }
        }
        extra.push(')');
        out.push_str(&extra, format.mark(trails));
    }
    out.finish()
}

/// `[n]` before a verb, width or precision.
fn argument_index(text: &str, at: &mut usize, next: &mut usize, reordered: &mut bool, count: usize, error: &mut bool) {
    if text.as_bytes().get(*at) != Some(&b'[') {
        return;
    }
    *reordered = true;
    let Some(end) = text[*at..].find(']') else {
        *error = true;
        *at += 1;
        return;
    };
    match text[*at + 1..*at + end].parse::<usize>() {
        Ok(index) if (1..=count).contains(&index) => *next = index - 1,
        _ => *error = true,
    }
    *at += end + 1;
}

fn digits(text: &str, at: &mut usize) -> Option<usize> {
    let rest = &text[*at..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    *at += end;
    rest[..end].parse().ok().filter(|n| *n <= WIDEST)
}

fn verb_out(out: &mut Rope, spec: Spec, verb: char, value: &Value, here: Mark, trails: &Trails) {
    // A text printed as it is keeps its runs.
    if let (Data::Str(text), 's' | 'v') = (&value.data, verb)
        && !spec.sharp
        && spec.width.is_none()
        && spec.precision.is_none()
    {
        for (range, run) in text.runs() {
            let mark = if run.mark.is_none() { here } else { run.mark };
            match run.linear() {
                Some(at) if !run.mark.is_none() => out.push_linear(&text.as_str()[range], mark, at),
                _ => out.push_str(&text.as_str()[range], mark),
            }
        }
        return;
    }
    let mut shown = String::new();
    one(&mut shown, spec, verb, value, 0);
    let origin = value_origin(value, trails);
    out.push_str(&shown, if origin.is_none() { here } else { origin });
}

/// Everything inside a value that contributed, collections included.
pub(crate) fn value_origin(value: &Value, trails: &Trails) -> Mark {
    fn collect(value: &Value, trails: &Trails, marks: &mut Vec<Mark>, depth: usize) {
        if depth > 8 || marks.len() > 64 {
            return;
        }
        marks.push(value.origin(trails));
        match &value.data {
            Data::List(list) => list.items.iter().for_each(|item| collect(item, trails, marks, depth + 1)),
            Data::Map(map) => {
                map.borrow().entries.values().for_each(|slot| collect(&slot.value, trails, marks, depth + 1));
            }
            _ => {}
        }
    }
    match &value.data {
        Data::List(_) | Data::Map(_) => {
            let mut marks = Vec::new();
            collect(value, trails, &mut marks, 0);
            trails.join(marks)
        }
        _ => value.origin(trails),
    }
}

fn pad(out: &mut String, spec: Spec, text: &str) {
    let width = spec.width.unwrap_or(0);
    let length = text.chars().count();
    let fill = width.saturating_sub(length);
    if spec.minus {
        out.push_str(text);
        out.extend(std::iter::repeat_n(' ', fill));
        return;
    }
    if spec.zero && fill > 0 {
        let (sign, rest) = match text.strip_prefix(['+', '-']) {
            Some(rest) => (&text[..1], rest),
            None => ("", text),
        };
        out.push_str(sign);
        out.extend(std::iter::repeat_n('0', fill));
        out.push_str(rest);
        return;
    }
    out.extend(std::iter::repeat_n(' ', fill));
    out.push_str(text);
}

fn bad(out: &mut String, verb: char, value: &Value) {
    let _ = match value.data {
        Data::Nil => write!(out, "%!{verb}(<nil>)"),
        _ => write!(out, "%!{verb}({}={})", value.type_name(), plain(value)),
    };
}

/// `%v`
pub(crate) fn plain(value: &Value) -> String {
    let mut out = String::new();
    one(&mut out, Spec::default(), 'v', value, 0);
    out
}

fn one(out: &mut String, spec: Spec, verb: char, value: &Value, depth: usize) {
    if depth > DEEPEST || out.len() > MOST {
        return;
    }
    if verb == 'T' {
        return pad(out, Spec { zero: false, ..spec }, value.type_name());
    }
    if verb == 'p' {
        return bad(out, verb, value);
    }
    // `%+v` names fields; a sign is for other verbs.
    let spec = Spec { plus: spec.plus && verb != 'v', ..spec };
    match &value.data {
        Data::Nil if verb == 'v' && depth > 0 && spec.sharp => out.push_str("interface {}(nil)"),
        Data::Nil if verb == 'v' || depth > 0 => pad(out, Spec { zero: false, ..spec }, "<nil>"),
        Data::Nil => bad(out, verb, value),
        Data::Bool(flag) if matches!(verb, 't' | 'v') => {
            pad(out, Spec { zero: false, ..spec }, if *flag { "true" } else { "false" });
        }
        Data::Int(number, _) => integer(out, spec, verb, *number, value),
        Data::Float(number) => float(out, spec, verb, *number, value),
        Data::Str(text) => string(out, spec, verb, text.as_str(), value),
        Data::List(list) => {
            let sharp = spec.sharp && verb == 'v';
            if matches!(verb, 's' | 'x' | 'X' | 'q') && list.items.is_empty() {
                return out.push_str("[]");
            }
            if sharp {
                let _ = write!(out, "{}{{", value.type_name());
            } else {
                out.push('[');
            }
            for (index, item) in list.items.iter().enumerate() {
                out.push_str(match (index, sharp) {
                    (0, _) => "",
                    (_, true) => ", ",
                    (_, false) => " ",
                });
                one(out, spec, verb, item, depth + 1);
            }
            out.push(if sharp { '}' } else { ']' });
        }
        Data::Map(map) => {
            let sharp = spec.sharp && verb == 'v';
            out.push_str(if sharp { value.type_name() } else { "map" });
            out.push(if sharp { '{' } else { '[' });
            for (index, (key, slot)) in map.borrow().entries.iter().enumerate() {
                out.push_str(match (index, sharp) {
                    (0, _) => "",
                    (_, true) => ", ",
                    (_, false) => " ",
                });
                string(out, spec, verb, key, &Value::NIL);
                out.push(':');
                one(out, spec, verb, &slot.value, depth + 1);
            }
            out.push(if sharp { '}' } else { ']' });
        }
        Data::Object(object) if matches!(verb, 'v' | 's' | 'q') => {
            let text = object.print();
            string(out, Spec { sharp: false, ..spec }, if verb == 'v' { 's' } else { verb }, &text, value);
        }
        _ => bad(out, verb, value),
    }
}

/// A printed value that grows beyond this is cut: a map may hold itself.
const MOST: usize = 16 << 20;

fn integer(out: &mut String, spec: Spec, verb: char, number: i64, value: &Value) {
    let radix = |prefix: &str, digits: String| {
        let sign = if number < 0 {
            "-"
        } else if spec.plus {
            "+"
        } else if spec.space {
            " "
        } else {
            ""
        };
        let digits = match spec.precision {
            Some(0) if number == 0 => String::new(),
            Some(precision) => "0".repeat(precision.saturating_sub(digits.len())) + &digits,
            None => digits,
        };
        format!("{sign}{prefix}{digits}")
    };
    let magnitude = number.unsigned_abs();
    let sharp = |prefix: &'static str| if spec.sharp { prefix } else { "" };
    let text = match verb {
        'd' => radix("", magnitude.to_string()),
        'v' => radix("", magnitude.to_string()),
        'b' => radix(sharp("0b"), format!("{magnitude:b}")),
        'o' => radix(sharp("0"), format!("{magnitude:o}")),
        'O' => radix("0o", format!("{magnitude:o}")),
        'x' => radix(sharp("0x"), format!("{magnitude:x}")),
        'X' => radix(sharp("0X"), format!("{magnitude:X}")),
        'c' => u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}').to_string(),
        'q' => {
            let c = u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}');
            quote_with(&c.to_string(), '\'')
        }
        'U' => format!("U+{magnitude:04X}"),
        _ => return bad(out, verb, value),
    };
    // A precision turns off padding with zeros.
    pad(out, Spec { zero: spec.zero && spec.precision.is_none(), ..spec }, &text);
}

fn float(out: &mut String, spec: Spec, verb: char, number: f64, value: &Value) {
    let mut text = match verb {
        'v' => number::format(number, 'g', spec.precision),
        'g' | 'G' => number::format(number, 'g', spec.precision),
        'e' | 'E' => number::format(number, 'e', Some(spec.precision.unwrap_or(6))),
        'f' | 'F' => number::format(number, 'f', Some(spec.precision.unwrap_or(6))),
        _ => return bad(out, verb, value),
    };
    if verb == 'E' || verb == 'G' {
        text = text.to_uppercase();
    }
    if spec.plus && !text.starts_with(['-', '+']) {
        text.insert(0, '+');
    } else if spec.space && !text.starts_with(['-', '+']) {
        text.insert(0, ' ');
    }
    let zero = spec.zero && number.is_finite();
    pad(out, Spec { zero, ..spec }, &text);
}

fn string(out: &mut String, spec: Spec, verb: char, text: &str, value: &Value) {
    let cut = match spec.precision {
        Some(precision) if matches!(verb, 's' | 'v' | 'q') => {
            text.char_indices().nth(precision).map_or(text, |(at, _)| &text[..at])
        }
        _ => text,
    };
    match verb {
        'v' if spec.sharp => pad(out, spec, &quote(cut)),
        's' | 'v' => pad(out, spec, cut),
        'q' if spec.sharp && !cut.contains('`') && !cut.chars().any(|c| c.is_control() && c != '\t') => {
            pad(out, spec, &format!("`{cut}`"));
        }
        'q' => pad(out, spec, &quote(cut)),
        'x' | 'X' => {
            let mut hex = String::new();
            for (index, byte) in text.bytes().enumerate() {
                if spec.precision.is_some_and(|precision| index >= precision) {
                    break;
                }
                if index > 0 && spec.space {
                    hex.push(' ');
                }
                if spec.sharp && (index == 0 || spec.space) {
                    hex.push_str(if verb == 'x' { "0x" } else { "0X" });
                }
                let _ = if verb == 'x' { write!(hex, "{byte:02x}") } else { write!(hex, "{byte:02X}") };
            }
            pad(out, spec, &hex);
        }
        _ if value.is_nil() => {
            // A key of a map.
            let _ = write!(out, "%!{verb}(string={text})");
        }
        _ => bad(out, verb, value),
    }
}

/// `strconv.Quote`
pub(crate) fn quote(text: &str) -> String {
    quote_with(text, '"')
}

fn quote_with(text: &str, mark: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for c in text.chars() {
        escape(c, mark, &mut out);
    }
    out.push(mark);
    out
}

/// One character as `strconv.Quote` writes it.
pub(crate) fn escape(c: char, mark: char, out: &mut String) {
    match c {
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        '\\' => out.push_str("\\\\"),
        c if c == mark => {
            out.push('\\');
            out.push(c);
        }
        c if printable(c) => out.push(c),
        c if (c as u32) < 0x20 || c == '\u{7f}' => {
            let _ = write!(out, "\\x{:02x}", c as u32);
        }
        c if (c as u32) < 0x10000 => {
            let _ = write!(out, "\\u{:04x}", c as u32);
        }
        c => {
            let _ = write!(out, "\\U{:08x}", c as u32);
        }
    }
}

/// `unicode.IsPrint`, for every character that configuration is written in.
fn printable(c: char) -> bool {
    c == ' '
        || !(c.is_control()
            || c.is_whitespace()
            || matches!(c as u32, 0xAD | 0x600..=0x605 | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F)
            || matches!(c as u32, 0xE000..=0xF8FF | 0xFEFF | 0xFFF0..=0xFFFB | 0xE0000.. ))
}

/// `fmt.Sprint`: blanks between operands where neither is a text.
pub(crate) fn sprint(arguments: &[Value], trails: &Trails) -> Text {
    let mut out = Rope::default();
    for (index, value) in arguments.iter().enumerate() {
        let text = |value: &Value| matches!(value.data, Data::Str(_));
        let before = index.checked_sub(1).and_then(|before| arguments.get(before));
        if before.is_some_and(|before| !text(before) && !text(value)) {
            out.push_str(" ", Mark::NONE);
        }
        verb_out(&mut out, Spec::default(), 'v', value, Mark::NONE, trails);
    }
    out.finish()
}

/// `fmt.Sprintln`
pub(crate) fn sprintln(arguments: &[Value], trails: &Trails) -> Text {
    let mut out = Rope::default();
    for (index, value) in arguments.iter().enumerate() {
        if index > 0 {
            out.push_str(" ", Mark::NONE);
        }
        verb_out(&mut out, Spec::default(), 'v', value, Mark::NONE, trails);
    }
    out.push_str("\n", Mark::NONE);
    out.finish()
}
