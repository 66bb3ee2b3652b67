//! Functions of `text/template` itself.

use super::{Outcome, Row};
use crate::exec::Call;
use crate::format;
use crate::text::Text;
use crate::value::{Data, IntKind, Value};
use std::cmp::Ordering;
use std::fmt::Write;

pub(super) const ROWS: &[Row] = &[
    // `and` and `or` are evaluated lazily, by the evaluator.
    ("and", "a*a", |call| Ok(call.value(0).clone())),
    ("or", "a*a", |call| Ok(call.value(0).clone())),
    ("not", "a", |call| call.yes(!call.value(0).truth())),
    ("eq", "a*a", eq),
    ("ne", "aa", |call| {
        let equal = same(call.value(0), call.value(1))?;
        call.yes(!equal)
    }),
    ("lt", "aa", |call| order(call, |o| o == Ordering::Less)),
    ("le", "aa", |call| order(call, |o| o != Ordering::Greater)),
    ("gt", "aa", |call| order(call, |o| o == Ordering::Greater)),
    ("ge", "aa", |call| order(call, |o| o != Ordering::Less)),
    ("len", "a", len),
    ("index", "a*a", index),
    ("print", "*a", |call| Ok(Value::text(format::sprint(call.arguments, &call.engine.trails)))),
    ("println", "*a", |call| Ok(Value::text(format::sprintln(call.arguments, &call.engine.trails)))),
    ("printf", "s*a", |call| {
        let rest = call.arguments.get(1..).unwrap_or_default();
        Ok(Value::text(format::sprintf(&call.text(0), rest, &call.engine.trails)))
    }),
    ("html", "*a", |call| escaped(call, html)),
    ("js", "*a", |call| escaped(call, js)),
    ("urlquery", "*a", |call| escaped(call, url_query)),
    ("call", "a*a", |call| {
        let shown = format::plain(call.value(0));
        match call.value(0).is_nil() {
            true => Err("call of nil".into()),
            false => Err(format!("non-function {shown} of type {}", call.value(0).type_name()).into()),
        }
    }),
];

#[derive(PartialEq, Clone, Copy)]
enum Basic {
    Bool,
    Int,
    Uint,
    Float,
    Str,
}

fn basic(value: &Value) -> Option<Basic> {
    Some(match value.data {
        Data::Bool(_) => Basic::Bool,
        Data::Int(_, IntKind::Int | IntKind::Int64) => Basic::Int,
        Data::Int(..) => Basic::Uint,
        Data::Float(_) => Basic::Float,
        Data::Str(_) => Basic::Str,
        _ => return None,
    })
}

fn incompatible(a: &Value, b: &Value) -> String {
    format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name())
}

fn same(a: &Value, b: &Value) -> Result<bool, String> {
    match (basic(a), basic(b)) {
        (Some(x), Some(y)) => {
            let ints = |k| matches!(k, Basic::Int | Basic::Uint);
            if x != y && !(ints(x) && ints(y)) {
                return Err(incompatible(a, b));
            }
            Ok(match (&a.data, &b.data) {
                (Data::Bool(a), Data::Bool(b)) => a == b,
                (Data::Int(a, _), Data::Int(b, _)) => a == b,
                (Data::Float(a), Data::Float(b)) => a == b,
                (Data::Str(a), Data::Str(b)) => a.as_str() == b.as_str(),
                _ => false,
            })
        }
        (None, None) => {
            if a.is_nil() || b.is_nil() {
                return Ok(a.is_nil() && b.is_nil());
            }
            match (&a.data, &b.data) {
                (Data::Object(_), Data::Object(_)) => Ok(a.deep_equal(b)),
                _ => Err(format!("non-comparable type {}: {}", format::plain(b), b.type_name())),
            }
        }
        _ if a.is_nil() || b.is_nil() => Ok(false),
        _ => Err(incompatible(a, b)),
    }
}

fn eq(call: &Call<'_>) -> Outcome {
    if call.arguments.len() < 2 {
        return Err("missing argument for comparison".into());
    }
    for other in call.arguments.get(1..).unwrap_or_default() {
        if same(call.value(0), other)? {
            return call.yes(true);
        }
    }
    call.yes(false)
}

fn order(call: &Call<'_>, wanted: fn(Ordering) -> bool) -> Outcome {
    let (a, b) = (call.value(0), call.value(1));
    let (Some(x), Some(y)) = (basic(a), basic(b)) else { return Err("invalid type for comparison".into()) };
    let ints = |k| matches!(k, Basic::Int | Basic::Uint);
    if x != y && !(ints(x) && ints(y)) {
        return Err(incompatible(a, b).into());
    }
    let found = match (&a.data, &b.data) {
        (Data::Int(a, _), Data::Int(b, _)) => a.cmp(b),
        (Data::Float(a), Data::Float(b)) => match a.partial_cmp(b) {
            Some(order) => order,
            None => return call.yes(false),
        },
        (Data::Str(a), Data::Str(b)) => a.as_str().cmp(b.as_str()),
        _ => return Err("invalid type for comparison".into()),
    };
    call.yes(wanted(found))
}

fn len(call: &Call<'_>) -> Outcome {
    let value = call.value(0);
    let length = match &value.data {
        Data::Nil => return Err("len of nil pointer".into()),
        Data::Str(text) => text.as_str().len(),
        Data::List(list) => list.items.len(),
        Data::Map(map) => map.borrow().entries.len(),
        Data::Object(object) if object.is_collection() => match object.plain().data {
            Data::List(list) => list.items.len(),
            Data::Map(map) => map.borrow().entries.len(),
            _ => 0,
        },
        _ => return Err(format!("len of type {}", value.type_name()).into()),
    };
    call.scalar(Value::int(length as i64))
}

fn index(call: &Call<'_>) -> Outcome {
    let mut item = call.value(0).clone();
    if item.is_nil() {
        return Err("index of untyped nil".into());
    }
    for key in call.arguments.get(1..).unwrap_or_default() {
        let plain = match &item.data {
            Data::Object(object) if object.is_collection() => object.plain(),
            _ => item.clone(),
        };
        item = match &plain.data {
            Data::List(list) => {
                let at = position(key, list.items.len())?;
                list.items.get(at).cloned().unwrap_or_default()
            }
            Data::Str(text) => {
                let at = position(key, text.as_str().len())?;
                let byte = text.as_str().as_bytes().get(at).copied().unwrap_or(0);
                Data::Int(i64::from(byte), IntKind::Uint8).into()
            }
            Data::Map(map) => match &key.data {
                Data::Str(name) => {
                    map.borrow().entries.get(name.as_str()).map(|slot| slot.value.clone()).unwrap_or_default()
                }
                Data::Nil => return Err("value is nil; should be of type string".into()),
                _ => {
                    return Err(format!("value has type {}; should be string", key.type_name()).into());
                }
            },
            Data::Nil => return Err("index of nil pointer".into()),
            _ => return Err(format!("can't index item of type {}", item.type_name()).into()),
        };
    }
    Ok(item)
}

fn position(key: &Value, length: usize) -> Result<usize, String> {
    match key.data {
        Data::Int(at, _) if at >= 0 && (at as usize) < length => Ok(at as usize),
        Data::Int(at, _) if at >= 0 && at as usize == length => {
            Err(format!("error calling index: index out of range: {at}"))
        }
        Data::Int(at, _) => Err(format!("index out of range: {at}")),
        Data::Nil => Err("cannot index slice/array with nil".to_owned()),
        _ => Err(format!("cannot index slice/array with type {}", key.type_name())),
    }
}

fn escaped(call: &Call<'_>, escape: fn(&str, &mut String)) -> Outcome {
    let text = match call.arguments {
        [one] if one.as_str().is_some() => super::text_of(one, call),
        many => {
            // What is missing is a text to these.
            let shown = |value: &Value| if value.is_nil() { Value::str("<no value>") } else { value.clone() };
            let many: Vec<Value> = many.iter().map(shown).collect();
            format::sprint(&many, &call.engine.trails)
        }
    };
    let mut rope = crate::text::Rope::default();
    for (range, run) in text.runs() {
        let mut out = String::new();
        escape(text.as_str().get(range).unwrap_or_default(), &mut out);
        rope.push_str(&out, run.mark);
    }
    let done: Text = rope.finish();
    Ok(Value::text(done))
}

fn html(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\0' => out.push('\u{FFFD}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}

/// `!unicode.IsPrint`, for what is met in texts: controls, blanks other than the blank, marks of direction, private use.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || c != ' ' && c.is_whitespace()
        || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E000}'..='\u{F8FF}')
}

fn js(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' => out.push_str("\\u003C"),
            '>' => out.push_str("\\u003E"),
            '&' => out.push_str("\\u0026"),
            '=' => out.push_str("\\u003D"),
            c if is_unprintable(c) => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
}

/// `url.QueryEscape`
pub(super) fn url_query(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}
