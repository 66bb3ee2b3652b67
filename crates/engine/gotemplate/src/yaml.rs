//! YAML as Helm writes and reads it: `sigs.k8s.io/yaml` over go-yaml v2 for `toYaml`, go-yaml v3 for `toYamlPretty`.
//!
//! The emitter follows libyaml's: plain where a reader would take it for the same text, else single quotes, else
//! double; lines are folded after column 80 (v2 only); lists lie at the indentation of their key (v2) or below it (v3).

use crate::number;
use crate::text::{Rope, Text};
use crate::trail::{Mark, Trails};
use crate::value::{DEEPEST, Data, Dict, Slot, Value};
use ironclad_tree::{Kind, Limits, NodeRef, Severity, Source, Span, parse};
use std::cmp::Ordering;
use std::rc::Rc;

/// Which emitter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// `toYaml`
    V2,
    /// `toYamlPretty`
    V3,
}

/// Writes a value, without the last line break.
pub(crate) fn write(value: &Value, flavour: Flavour, trails: &Trails, most: usize) -> Result<Text, String> {
    let mut emitter = Emitter { rope: Rope::default(), flavour, trails, most, column: 0 };
    emitter.node(value, -1, Place::Root, 0)?;
    Ok(emitter.rope.finish())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// After `key:`.
    Value,
    /// After `- `.
    Item,
}

struct Emitter<'a> {
    rope: Rope,
    flavour: Flavour,
    trails: &'a Trails,
    most: usize,
    column: usize,
}

/// The column after which lines are folded.
const WIDTH: usize = 80;
/// Keys longer than this need a `?`.
const SIMPLE_KEY: usize = 128;

impl Emitter<'_> {
    fn put(&mut self, text: &str, mark: Mark) {
        match text.rfind('\n') {
            Some(at) => self.column = text.get(at + 1..).unwrap_or_default().chars().count(),
            None => self.column += text.chars().count(),
        }
        self.rope.push_str(text, mark);
    }

    fn new_line(&mut self, indent: i32, mark: Mark) {
        self.put("\n", mark);
        let blanks = indent.max(0) as usize;
        self.rope.push_blanks(blanks);
        self.column += blanks;
    }

    fn node(&mut self, value: &Value, indent: i32, place: Place, depth: usize) -> Result<(), String> {
        if depth > DEEPEST || self.rope.len() > self.most {
            return Err("value is too large for YAML".to_owned());
        }
        match &value.data {
            Data::Map(map) => self.mapping(&map.borrow(), value.mark, indent, place, depth),
            Data::List(list) => self.sequence(&list.items, value.mark, indent, place, depth),
            Data::Object(object) => self.node(&Value { mark: value.mark, ..object.plain() }, indent, place, depth + 1),
            _ => {
                if place != Place::Root {
                    self.put(" ", value.mark);
                }
                self.scalar(value, (indent + 2).max(2), false);
                Ok(())
            }
        }
    }

    fn mapping(&mut self, map: &Dict, mark: Mark, indent: i32, place: Place, depth: usize) -> Result<(), String> {
        if map.entries.is_empty() {
            self.put(if place == Place::Root { "{}" } else { " {}" }, mark);
            return Ok(());
        }
        let own = if place == Place::Root { 0 } else { indent + 2 };
        let mut entries: Vec<(&Rc<str>, &Slot)> = map.entries.iter().collect();
        entries.sort_by(|a, b| key_order(a.0, b.0));
        for (index, (key, slot)) in entries.into_iter().enumerate() {
            match (index, place) {
                (0, Place::Root) => {}
                (0, Place::Item) => self.put(" ", slot.key),
                _ => self.new_line(own, Mark::NONE),
            }
            let simple = key.len() <= SIMPLE_KEY && !key.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
            let name = Value::str(Rc::clone(key)).with_mark(slot.key);
            if simple {
                self.scalar(&name, own + 2, true);
            } else {
                self.put("? ", slot.key);
                self.scalar(&name, own + 2, false);
                self.new_line(own, Mark::NONE);
            }
            self.put(":", slot.key);
            self.node(&slot.value, own, Place::Value, depth + 1)?;
        }
        Ok(())
    }

    fn sequence(&mut self, items: &[Value], mark: Mark, indent: i32, place: Place, depth: usize) -> Result<(), String> {
        if items.is_empty() {
            self.put(if place == Place::Root { "[]" } else { " []" }, mark);
            return Ok(());
        }
        let own = match (place, self.flavour) {
            (Place::Root, _) => 0,
            (Place::Value, Flavour::V2) => indent,
            _ => indent + 2,
        };
        for (index, item) in items.iter().enumerate() {
            match (index, place) {
                (0, Place::Root) => {}
                (0, Place::Item) => self.put(" ", Mark::NONE),
                _ => self.new_line(own, Mark::NONE),
            }
            let sign = match &item.data {
                Data::Map(map) => map.borrow().entries.values().next().map_or(item.mark, |slot| slot.key),
                _ => item.origin(self.trails),
            };
            self.put("-", sign);
            self.node(item, own, Place::Item, depth + 1)?;
        }
        Ok(())
    }

    fn scalar(&mut self, value: &Value, indent: i32, is_key: bool) {
        let mark = value.origin(self.trails);
        let plain = match &value.data {
            Data::Nil => "null".to_owned(),
            Data::Bool(flag) => flag.to_string(),
            Data::Int(number, _) => number.to_string(),
            Data::Float(number) if self.flavour == Flavour::V2 && whole(*number) => number::json(*number),
            Data::Float(number) => match number::format(*number, 'g', None).as_str() {
                "+Inf" => ".inf".to_owned(),
                "-Inf" => "-.inf".to_owned(),
                "NaN" => ".nan".to_owned(),
                text => text.to_owned(),
            },
            Data::Str(text) => return self.string(text, mark, indent, is_key),
            _ => String::new(),
        };
        self.put(&plain, mark);
    }

    fn string(&mut self, text: &Text, mark: Mark, indent: i32, is_key: bool) {
        if self.flavour == Flavour::V2 && text.as_str().contains('\u{85}') {
            // On its way through JSON it is a line break within quotes, which YAML folds into a blank.
            let folded = Text::marked(text.as_str().replace('\u{85}', " "), mark);
            return self.string(&folded, mark, indent, is_key);
        }
        let content = text.as_str();
        let traits = Analysis::of(content);
        let string = reads_as_text(content) && !(self.flavour == Flavour::V3 && old_bool(content));
        let style = if content.contains('\n') {
            if traits.block && !is_key { Style::Literal } else { Style::Double }
        } else if !string {
            Style::Double
        } else if traits.plain && !(content.is_empty()) {
            Style::Plain
        } else if traits.single {
            Style::Single
        } else {
            Style::Double
        };
        match style {
            Style::Plain => self.folded(text, indent, is_key, |c, out| out.push(c), ""),
            Style::Single => {
                let each = |c: char, out: &mut String| {
                    out.push(c);
                    if c == '\'' {
                        out.push(c);
                    }
                };
                self.folded(text, indent, is_key, each, "'");
            }
            Style::Double => self.double(content, mark, indent, is_key),
            Style::Literal => self.literal(text, mark, indent),
        }
    }

    /// Plain or single-quoted, with line breaks in place of blanks beyond the width.
    fn folded(&mut self, text: &Text, indent: i32, is_key: bool, each: fn(char, &mut String), quote: &str) {
        let content = text.as_str();
        let folds = self.flavour == Flavour::V2 && !is_key;
        let mark = text.mark(self.trails);
        self.put(quote, mark);
        if !folds || self.column + content.len() <= WIDTH {
            for (range, run) in text.runs() {
                let mut out = String::new();
                content.get(range).unwrap_or_default().chars().for_each(|c| each(c, &mut out));
                self.put(&out, run.mark);
            }
            self.put(quote, mark);
            return;
        }
        let mut after_blank = false;
        let mut chars = content.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            if c == ' ' {
                let next = chars.peek().copied();
                let inner = quote.is_empty() || !first && next.is_some();
                if !after_blank && self.column > WIDTH && next != Some(' ') && inner {
                    self.new_line(indent, mark);
                } else {
                    self.put(" ", mark);
                }
                after_blank = true;
            } else {
                let mut out = String::new();
                each(c, &mut out);
                self.put(&out, mark);
                after_blank = false;
            }
            first = false;
        }
        self.put(quote, mark);
    }

    fn double(&mut self, content: &str, mark: Mark, indent: i32, is_key: bool) {
        let folds = self.flavour == Flavour::V2 && !is_key;
        self.put("\"", mark);
        let mut after_blank = false;
        let mut chars = content.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            if c == ' ' {
                let next = chars.peek().copied();
                if folds && !after_blank && self.column > WIDTH && !first && next.is_some() {
                    self.new_line(indent, mark);
                    if next == Some(' ') {
                        self.put("\\", mark);
                    }
                } else {
                    self.put(" ", mark);
                }
                after_blank = true;
            } else {
                let mut out = String::new();
                escape(c, &mut out);
                self.put(&out, mark);
                after_blank = false;
            }
            first = false;
        }
        self.put("\"", mark);
    }

    fn literal(&mut self, text: &Text, mark: Mark, indent: i32) {
        let content = text.as_str();
        self.put("|", mark);
        if content.starts_with([' ', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            self.put("2", mark);
        }
        let breaks = |c: char| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let mut back = content.chars().rev();
        match (back.next(), back.next()) {
            (Some(last), _) if !breaks(last) => self.put("-", mark),
            (Some(_), None) => self.put("+", mark),
            (Some(_), Some(before)) if breaks(before) => self.put("+", mark),
            _ => {}
        }
        let pad = " ".repeat(indent.max(0) as usize);
        let mut at = 0;
        for line in content.split('\n') {
            let is_last = at + line.len() >= content.len();
            // The break that ends the text is written by whoever comes next.
            if is_last && line.is_empty() {
                break;
            }
            self.put("\n", mark);
            if !line.is_empty() {
                self.put(&pad, Mark::NONE);
                for (range, run) in text.runs() {
                    let (start, end) = (range.start.max(at), range.end.min(at + line.len()));
                    if start < end {
                        self.put(content.get(start..end).unwrap_or_default(), run.mark);
                    }
                }
            }
            at += line.len() + 1;
        }
    }
}

fn whole(number: f64) -> bool {
    number.is_finite() && number.fract() == 0.0 && number.abs() < 9.3e18
}

enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What `yaml_emitter_analyze_scalar` finds out.
struct Analysis {
    plain: bool,
    single: bool,
    block: bool,
}

impl Analysis {
    fn of(text: &str) -> Analysis {
        let is_break = |c: char| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let is_blank = |c: char| matches!(c, ' ' | '\t') || is_break(c);
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut line_breaks, mut special) = (false, false);
        let (mut leading, mut trailing_space, mut trailing_break) = (false, false, false);
        let (mut break_space, mut space_break) = (false, false);
        let (mut previous_space, mut previous_break) = (false, false);
        let mut preceded = true;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let followed = chars.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
            let last = chars.peek().is_none();
            if first {
                match c {
                    '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                        indicators = true;
                    }
                    '?' | ':' | '-' if followed => indicators = true,
                    _ => {}
                }
            } else {
                match c {
                    ':' if followed => indicators = true,
                    '#' if preceded => indicators = true,
                    _ => {}
                }
            }
            if !printable(c) {
                special = true;
            }
            if c == ' ' {
                leading |= first;
                trailing_space |= last;
                break_space |= previous_break;
                (previous_space, previous_break) = (true, false);
            } else if is_break(c) {
                line_breaks = true;
                leading |= first;
                trailing_break |= last;
                space_break |= previous_space;
                (previous_space, previous_break) = (false, true);
            } else {
                (previous_space, previous_break) = (false, false);
            }
            preceded = is_blank(c);
            first = false;
        }
        let outside = leading || trailing_space || trailing_break;
        Analysis {
            plain: !(outside || break_space || space_break || special || line_breaks || indicators),
            single: !(break_space || space_break || special),
            block: !(trailing_space || space_break || special || text.is_empty()),
        }
    }
}

/// `is_printable` of libyaml, for characters.
fn printable(c: char) -> bool {
    matches!(c as u32, 0x0A | 0x20..=0x7E | 0xA0..=0xD7FF | 0xE000..=0xFFFD | 0x10000..) && c != '\u{FEFF}'
        || c == '\u{85}'
}

fn escape(c: char, out: &mut String) {
    use std::fmt::Write;
    let is_break = matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if printable(c) && !is_break && c != '"' && c != '\\' {
        out.push(c);
        return;
    }
    let short = match c {
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\r' => "\\r",
        '\u{1b}' => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{85}' => "\\N",
        '\u{A0}' => "\\_",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        _ => "",
    };
    if !short.is_empty() {
        out.push_str(short);
        return;
    }
    let code = c as u32;
    let _ = match code {
        0..=0xFF => write!(out, "\\x{code:02X}"),
        0x100..=0xFFFF => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08X}"),
    };
}

fn old_bool(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF"
    )
}

/// Would go-yaml read this plain text as a text? (`resolve` and `isBase60Float`)
fn reads_as_text(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    match first {
        'y' | 'Y' | 'n' | 'N' | 't' | 'T' | 'f' | 'F' | 'o' | 'O' | '~' => {
            !(old_bool(text)
                || matches!(
                    text,
                    "true" | "True" | "TRUE" | "false" | "False" | "FALSE" | "~" | "null" | "Null" | "NULL"
                ))
        }
        '.' => {
            let special = matches!(text, ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF");
            !(special || text.len() > 1 && text.parse::<f64>().is_ok())
        }
        '+' | '-' | '0'..='9' => {
            let special = matches!(text, "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF");
            let plain = text.replace('_', "");
            !(special || timestamp(text) || integer(&plain) || float(&plain) || base60(text))
        }
        _ => true,
    }
}

fn integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = digits.to_ascii_lowercase();
    let radix = |body: &str, radix: u32| {
        !body.is_empty() && !body.starts_with(['+', '-']) && u64::from_str_radix(body, radix).is_ok()
    };
    if let Some(hex) = lower.strip_prefix("0x") {
        return radix(hex, 16);
    }
    if let Some(binary) = lower.strip_prefix("0b") {
        return radix(binary, 2);
    }
    if let Some(octal) = lower.strip_prefix("0o") {
        return radix(octal, 8);
    }
    if lower.len() > 1 && lower.starts_with('0') {
        return radix(&lower, 8);
    }
    radix(&lower, 10)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn float(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..)),
        None => (rest, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let fine = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction) && (!whole.is_empty() || !fraction.is_empty()),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let power = exponent.is_none_or(|exponent| {
        let body = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !body.is_empty() && digits(body)
    });
    fine && power && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`
fn base60(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (body, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut parts = body.split(':');
    let first = parts.next().unwrap_or_default();
    let mut count = 0;
    let sixty = parts.all(|part| {
        count += 1;
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        digits && (part.len() == 1 || part.len() == 2 && part.starts_with(['0', '1', '2', '3', '4', '5']))
    });
    let under = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    count > 0 && sixty && first.starts_with(|c: char| c.is_ascii_digit()) && under(first) && under(fraction)
}

/// `parseTimestamp`: `2001-1-2`, with a time of day after `T`, `t` or a blank.
fn timestamp(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    let number = |text: &str, least: i64, most: i64| {
        (1..=2).contains(&text.len()) && text.parse::<i64>().is_ok_and(|value| (least..=most).contains(&value))
    };
    let mut parts = date.split('-').skip(1);
    let (month, day) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if !number(month, 1, 12) || !number(day, 1, 31) || parts.next().is_some() {
        return false;
    }
    let Some(time) = time else { return true };
    let zoned = text.contains(['T', 't']);
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => (time.get(..at).unwrap_or_default(), time.get(at..)),
        None => (time, None),
    };
    if zoned != zone.is_some() {
        return false;
    }
    let clock = clock.trim_end();
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let fine = parts.next().is_some_and(|hour| number(hour, 0, 23))
        && parts.next().is_some_and(|minute| number(minute, 0, 59))
        && parts.next().is_some_and(|second| number(second, 0, 59))
        && parts.next().is_none();
    fine && fraction.bytes().all(|b| b.is_ascii_digit())
}

/// `keyList.Less` of go-yaml: numbers inside of keys count as numbers, letters come after everything else.
pub(crate) fn key_order(a: &str, b: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let common = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let (Some(&x), Some(&y)) = (left.get(common), right.get(common)) else { return left.len().cmp(&right.len()) };
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        _ => {}
    }
    let mut start = (0i64, 0i64);
    if x == '0' || y == '0' {
        let before = left.get(..common).unwrap_or_default().iter().rev().take_while(|c| c.is_ascii_digit());
        if before.clone().any(|c| *c != '0') {
            start = (1, 1);
        }
    }
    let run = |chars: &[char], start: i64| -> (i64, usize) {
        let digits = chars.get(common..).unwrap_or_default().iter().take_while(|c| c.is_ascii_digit());
        digits.fold((start, 0), |(value, count), c| {
            (value.wrapping_mul(10).wrapping_add(i64::from(c.to_digit(10).unwrap_or(0))), count + 1)
        })
    };
    let (number_a, length_a) = run(&left, start.0);
    let (number_b, length_b) = run(&right, start.1);
    number_a.cmp(&number_b).then(length_a.cmp(&length_b)).then(x.cmp(&y))
}

/// Reads the first document of a text. Marks are those of the text.
pub(crate) fn read(text: &Text, trails: &Trails) -> Result<Value, String> {
    let source = Source::new("fromYaml", text.as_str());
    let parsed = parse(&source, &Limits { nodes: 1_000_000, depth: DEEPEST, ..Limits::default() });
    if let Some(problem) = parsed.problems.iter().find(|problem| problem.severity == Severity::Error) {
        let line = source.position(problem.span.start).line;
        return Err(format!("error converting YAML to JSON: yaml: line {line}: {}", problem.message));
    }
    let mark = |span: Span| text.mark_of(span.start as usize..span.end as usize, trails);
    Ok(parsed.documents.first().map(|document| of_node(document.root(), &mark)).unwrap_or_default())
}

/// A node as a value: numbers are floats, as JSON on the way makes them.
pub fn of_node(node: NodeRef<'_>, mark: &dyn Fn(Span) -> Mark) -> Value {
    of_part(node, node.span(), mark)
}

/// A node as the value of an entry: a scalar counts from its key, as a person looks at it.
fn of_part(node: NodeRef<'_>, span: Span, mark: &dyn Fn(Span) -> Mark) -> Value {
    let here = mark(span);
    let data = match node.kind() {
        Kind::Null => Data::Nil,
        Kind::Bool => Data::Bool(node.as_bool() == Some(true)),
        Kind::Int | Kind::Float => Data::Float(node.as_f64().unwrap_or(0.0)),
        Kind::String => {
            return Value { mark: here, ..Value::text(Text::marked(node.text_unbroken().unwrap_or_default(), here)) };
        }
        Kind::Sequence => Value::list(node.items().map(|item| of_node(item, mark)).collect()).data,
        Kind::Mapping => {
            let mut dict = Dict::default();
            for entry in node.entries() {
                let value = entry.value();
                let is_scalar = !matches!(value.kind(), Kind::Mapping | Kind::Sequence) || value.is_empty();
                let whole = is_scalar && entry.key_start() <= value.span().start && !value.via_alias();
                let span = if whole { entry.span() } else { value.span() };
                let slot = Slot { key: mark(entry.key_span()), value: of_part(value, span, mark) };
                dict.insert(entry.key().into(), slot);
            }
            Value::dict(dict).data
        }
    };
    Value { data, mark: here }
}
