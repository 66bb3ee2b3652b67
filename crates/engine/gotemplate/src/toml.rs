//! `toToml`: TOML as `BurntSushi/toml` writes it, keys before tables, each table two blanks deeper than its parent.

mod read;

pub(crate) use read::read;

use crate::number;
use crate::value::{DEEPEST, Data, Dict, Value};

/// Writes a map, or one value by itself.
pub(crate) fn write(value: &Value, most: usize) -> Result<String, String> {
    let mut out = String::new();
    let plain = match &value.data {
        Data::Object(object) => object.plain(),
        _ => value.clone(),
    };
    match &plain.data {
        Data::Map(map) => table(&map.borrow(), &mut Vec::new(), &mut out, most)?,
        Data::Nil => return Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
        _ if has_nothing(value, 0) => return Ok("toml: cannot encode array with nil element".to_owned()),
        _ => inline(value, &mut out, 0)?,
    }
    Ok(out)
}

/// Is there an array in it with nothing as an element?
fn has_nothing(value: &Value, depth: usize) -> bool {
    match &value.data {
        Data::List(list) if depth < DEEPEST => {
            list.items.iter().any(|item| item.is_nil() || has_nothing(item, depth + 1))
        }
        _ => false,
    }
}

fn is_table(value: &Value) -> bool {
    matches!(value.data, Data::Map(_))
}

fn is_tables(value: &Value) -> bool {
    match &value.data {
        Data::List(list) => !list.items.is_empty() && list.items.iter().all(is_table),
        _ => false,
    }
}

fn table(map: &Dict, path: &mut Vec<String>, out: &mut String, most: usize) -> Result<(), String> {
    if path.len() > DEEPEST || out.len() > most {
        return Err("value is too large for TOML".to_owned());
    }
    let pad = "  ".repeat(path.len());
    for (key, slot) in &map.entries {
        if slot.value.is_nil() || is_table(&slot.value) || is_tables(&slot.value) {
            continue;
        }
        out.push_str(&pad);
        out.push_str(&bare(key));
        out.push_str(" = ");
        inline(&slot.value, out, 0)?;
        out.push('\n');
    }
    for (key, slot) in &map.entries {
        let tables = match &slot.value.data {
            Data::Map(_) => vec![slot.value.clone()],
            Data::List(list) if is_tables(&slot.value) => list.items.to_vec(),
            _ => continue,
        };
        path.push(bare(key));
        let (open, close) = if is_table(&slot.value) { ("[", "]") } else { ("[[", "]]") };
        for inner in tables {
            // A table within a table follows it without a blank line; one of an array never does.
            if !out.is_empty() && (path.len() == 1 || open == "[[") {
                out.push('\n');
            }
            out.push_str(&pad);
            out.push_str(open);
            out.push_str(&path.join("."));
            out.push_str(close);
            out.push('\n');
            if let Data::Map(map) = &inner.data {
                table(&map.borrow(), path, out, most)?;
            }
        }
        path.pop();
    }
    Ok(())
}

fn bare(key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain { key.to_owned() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || c == '\u{7f}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn inline(value: &Value, out: &mut String, depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err("value is nested too deep for TOML".to_owned());
    }
    match &value.data {
        Data::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Data::Int(number, _) => out.push_str(&number.to_string()),
        Data::Float(number) if number.is_nan() => out.push_str("nan"),
        Data::Float(number) if number.is_infinite() => out.push_str(if *number > 0.0 { "inf" } else { "-inf" }),
        Data::Float(number) => {
            let text = number::format(*number, 'g', None);
            out.push_str(&text);
            if !text.contains(['.', 'e']) {
                out.push_str(".0");
            }
        }
        Data::Str(text) => out.push_str(&quoted(text.as_str())),
        Data::List(list) => {
            out.push('[');
            for (index, item) in list.items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                inline(item, out, depth + 1)?;
            }
            out.push(']');
        }
        Data::Map(map) => {
            out.push('{');
            for (index, (key, slot)) in map.borrow().entries.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(&bare(key));
                out.push_str(" = ");
                inline(&slot.value, out, depth + 1)?;
            }
            out.push('}');
        }
        Data::Object(object) if object.unix_nanos().is_some() => {
            out.push_str(object.plain().as_str().unwrap_or_default());
        }
        Data::Object(object) => out.push_str(&quoted(&object.print())),
        Data::Nil => out.push_str("\"\""),
    }
    Ok(())
}
