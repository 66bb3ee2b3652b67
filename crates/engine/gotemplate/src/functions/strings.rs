//! sprig's `strings.go`, with the marks of each part kept where the part is.

use super::{Outcome, Row, text_of};
use crate::exec::Call;
use crate::format::{escape, plain, value_origin};
use crate::text::{Rope, Text};
use crate::trail::Mark;
use crate::value::{Data, Dict, Elem, Slot, Value};
use std::ops::Range;

pub(super) const ROWS: &[Row] = &[
    ("trim", "s", |call| part(call, 0, go_trim(call.str(0)))),
    ("upper", "s", |call| mapped(call, 0, |text| text.chars().map(to_upper).collect())),
    ("lower", "s", |call| mapped(call, 0, |text| text.chars().map(to_lower).collect())),
    ("title", "s", |call| whole(call, 0, title)),
    ("untitle", "s", |call| whole(call, 0, untitle)),
    ("repeat", "is", repeat),
    ("substr", "iis", substr),
    ("trunc", "is", trunc),
    ("trimall", "ss", trim_all),
    ("trimAll", "ss", trim_all),
    ("trimSuffix", "ss", |call| {
        let (cut, text) = (call.str(0), call.str(1));
        part(call, 1, 0..text.strip_suffix(cut).unwrap_or(text).len())
    }),
    ("trimPrefix", "ss", |call| {
        let (cut, text) = (call.str(0), call.str(1));
        part(call, 1, text.len() - text.strip_prefix(cut).unwrap_or(text).len()..text.len())
    }),
    ("nospace", "s", nospace),
    ("swapcase", "s", |call| whole(call, 0, swap_case)),
    ("initials", "s", |call| whole(call, 0, initials)),
    ("snakecase", "s", |call| whole(call, 0, |text| super::super::cases::connected(text, '_'))),
    ("kebabcase", "s", |call| whole(call, 0, |text| super::super::cases::connected(text, '-'))),
    ("camelcase", "s", |call| whole(call, 0, super::super::cases::pascal)),
    ("shuffle", "s", shuffle),
    ("wrap", "is", |call| {
        let out = wrap(call.str(1), call.int(0), "\n", false);
        call.made(out)
    }),
    ("wrapWith", "iss", |call| {
        let out = wrap(call.str(2), call.int(0), call.str(1), true);
        call.made(out)
    }),
    ("abbrev", "is", |call| {
        let (width, text) = (call.int(0), call.str(1));
        let out = if width < 4 { text.to_owned() } else { lossy(&abbreviate(text.as_bytes(), 0, width)) };
        call.made(out)
    }),
    ("abbrevboth", "iis", |call| {
        let (left, right, text) = (call.int(0), call.int(1), call.str(2));
        let plain = right < 4 || left > 0 && right < 7;
        let out = if plain { text.to_owned() } else { lossy(&abbreviate(text.as_bytes(), left, right)) };
        call.made(out)
    }),
    ("contains", "ss", |call| call.yes(call.str(1).contains(call.str(0)))),
    ("hasPrefix", "ss", |call| call.yes(call.str(1).starts_with(call.str(0)))),
    ("hasSuffix", "ss", |call| call.yes(call.str(1).ends_with(call.str(0)))),
    ("quote", "*a", |call| quoted(call, '"')),
    ("squote", "*a", |call| quoted(call, '\'')),
    ("cat", "*a", cat),
    ("indent", "is", |call| {
        let mut rope = Rope::default();
        indent(call, &mut rope)?;
        Ok(Value::text(rope.finish()))
    }),
    ("nindent", "is", |call| {
        let mut rope = Rope::default();
        rope.push_str("\n", Mark::NONE);
        indent(call, &mut rope)?;
        Ok(Value::text(rope.finish()))
    }),
    ("replace", "sss", replace),
    ("plural", "ssi", |call| Ok(call.value(if call.int(2) == 1 { 0 } else { 1 }).clone())),
    ("toString", "a", |call| Ok(Value::text(text_of(call.value(0), call)))),
    ("split", "ss", |call| Ok(numbered(pieces(call, &call.text(1), call.str(0), None)))),
    ("splitn", "sis", |call| {
        let most = call.int(1);
        let parts = match most {
            0 => Vec::new(),
            most => pieces(call, &call.text(2), call.str(0), usize::try_from(most).ok()),
        };
        Ok(numbered(parts))
    }),
    ("splitList", "ss", |call| Ok(Value::strings(pieces(call, &call.text(1), call.str(0), None)))),
    ("toStrings", "a", |call| Ok(Value::strings(strings(call.value(0), call)))),
    ("join", "sa", |call| {
        let mut rope = Rope::default();
        for (index, item) in strings(call.value(1), call).into_iter().enumerate() {
            if index > 0 {
                rope.push(&call.text(0));
            }
            rope.push(&text_of(&item, call));
            room(call, rope.len())?;
        }
        Ok(Value::text(rope.finish()))
    }),
    ("sortAlpha", "a", |call| {
        let mut all = match call.value(0).data {
            Data::List(_) => strings(call.value(0), call),
            _ => vec![Value::text(text_of(call.value(0), call))],
        };
        all.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        Ok(Value::strings(all))
    }),
];

fn room(call: &Call<'_>, bytes: usize) -> Result<(), String> {
    let most = call.engine.limits().text;
    if bytes > most { Err(format!("text of more than {} MiB", most >> 20)) } else { Ok(()) }
}

/// A part of a text argument.
fn part(call: &Call<'_>, index: usize, range: Range<usize>) -> Outcome {
    Ok(Value::text(call.text(index).slice(range)))
}

/// Each run changed by itself.
fn mapped(call: &Call<'_>, index: usize, change: fn(&str) -> String) -> Outcome {
    let text = call.text(index);
    let mut rope = Rope::default();
    for (range, run) in text.runs() {
        rope.push_str(&change(text.as_str().get(range).unwrap_or_default()), run.mark);
    }
    Ok(Value::text(rope.finish()))
}

/// A text changed as a whole.
fn whole(call: &Call<'_>, index: usize, change: impl Fn(&str) -> String) -> Outcome {
    let out = change(call.str(index));
    call.made(out)
}

/// `strings.TrimSpace`
pub(super) fn go_trim(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    let end = start + text.trim().len();
    start..end
}

fn trim_all(call: &Call<'_>) -> Outcome {
    let (cut, text) = (call.str(0), call.str(1));
    let is_cut = |c: char| cut.contains(c);
    let start = text.len() - text.trim_start_matches(is_cut).len();
    let end = start + text.trim_matches(is_cut).len();
    part(call, 1, start..end)
}

fn repeat(call: &Call<'_>) -> Outcome {
    let (count, text) = (call.int(0), call.text(1));
    let Ok(count) = usize::try_from(count) else { return Err("strings: negative Repeat count".into()) };
    room(call, text.as_str().len().saturating_mul(count))?;
    if text.as_str().is_empty() {
        return Ok(Value::text(text));
    }
    let mut rope = Rope::default();
    for _ in 0..count {
        rope.push(&text);
    }
    Ok(Value::text(rope.finish()))
}

/// A part of a text by bytes, as Go counts. A byte that is cut from its character shows as U+FFFD.
fn cut(call: &Call<'_>, index: usize, range: Range<usize>) -> Outcome {
    let text = call.text(index);
    let whole = text.as_str();
    let to = range.end.min(whole.len());
    let from = range.start.min(to);
    let first = (from..to).find(|at| whole.is_char_boundary(*at)).unwrap_or(to);
    let last = (first..=to).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or(first);
    if (first, last) == (from, to) {
        return Ok(Value::text(text.slice(from..to)));
    }
    let mut rope = Rope::default();
    let mark = text.mark(&call.engine.trails);
    rope.push_str(&"\u{FFFD}".repeat(first - from), mark);
    rope.push_slice(&text, first..last);
    rope.push_str(&"\u{FFFD}".repeat(to - last), mark);
    Ok(Value::text(rope.finish()))
}

fn substr(call: &Call<'_>) -> Outcome {
    let (start, end, text) = (call.int(0), call.int(1), call.str(2));
    let length = text.len() as i64;
    let bounds = |at: i64| format!("runtime error: slice bounds out of range [:{at}] with length {length}");
    if start < 0 {
        if end < 0 || end > length {
            return Err(bounds(end).into());
        }
        return cut(call, 2, 0..end as usize);
    }
    if start > length {
        return Err(format!("runtime error: slice bounds out of range [{start}:{length}]").into());
    }
    let from = start as usize;
    if end < 0 || end > length {
        return cut(call, 2, from..text.len());
    }
    if end < start {
        return Err(format!("runtime error: slice bounds out of range [{start}:{end}]").into());
    }
    cut(call, 2, from..end as usize)
}

fn trunc(call: &Call<'_>) -> Outcome {
    let (count, text) = (call.int(0), call.str(1));
    let length = text.len() as i64;
    if count < 0 && length + count > 0 {
        return cut(call, 1, (length + count) as usize..text.len());
    }
    if count >= 0 && length > count {
        return cut(call, 1, 0..count as usize);
    }
    part(call, 1, 0..text.len())
}

/// `strings.Title`
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        let separator = !(before.is_alphanumeric() || before == '_') && (before.is_ascii() || before.is_whitespace());
        if separator {
            out.push(to_upper(c));
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

/// `goutils.Uncapitalize`: the first letter of each word.
fn untitle(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut first = true;
    for c in text.chars() {
        if c.is_whitespace() {
            first = true;
            out.push(c);
        } else if first {
            out.push(to_lower(c));
            first = false;
        } else {
            out.push(c);
        }
    }
    out
}

/// `goutils.SwapCase`
fn swap_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for c in text.chars() {
        if c.is_uppercase() {
            out.push(to_lower(c));
            blank = false;
        } else if c.is_lowercase() {
            if blank {
                out.push(to_upper(c));
                blank = false;
            } else {
                out.push(to_upper(c));
            }
        } else {
            blank = c.is_whitespace();
            out.push(c);
        }
    }
    out
}

/// `goutils.Initials`, which takes each byte for a character.
fn initials(text: &str) -> String {
    let mut out = String::new();
    let mut gap = true;
    for c in text.bytes().map(char::from) {
        if c.is_whitespace() {
            gap = true;
        } else if gap {
            out.push(c);
            gap = false;
        }
    }
    out
}

/// `goutils.DeleteWhiteSpace`, which takes each byte for a character where there is a blank among them.
fn nospace(call: &Call<'_>) -> Outcome {
    let text = call.str(0);
    if text.is_ascii() {
        return mapped(call, 0, |text| text.chars().filter(|c| !c.is_whitespace()).collect());
    }
    match text.bytes().map(char::from).any(char::is_whitespace) {
        true => call.made(text.bytes().map(char::from).filter(|c| !c.is_whitespace()).collect::<String>()),
        false => part(call, 0, 0..text.len()),
    }
}

/// A character for each, as Go's tables have it: `ß` has no capital.
pub(crate) fn to_upper(c: char) -> char {
    let mut all = c.to_uppercase();
    match (all.next(), all.next()) {
        (Some(upper), None) => upper,
        _ => c,
    }
}

pub(crate) fn to_lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Bytes as a text. A byte that is none, cut from a character, shows as U+FFFD, as it would in JSON of Go's.
fn lossy(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    out
}

fn shuffle(call: &Call<'_>) -> Outcome {
    call.placeholder("shuffle");
    let mut chars: Vec<char> = call.str(0).chars().collect();
    for index in (1..chars.len()).rev() {
        chars.swap(index, (call.random() % (index as u64 + 1)) as usize);
    }
    let out: String = chars.into_iter().collect();
    call.made(out)
}

/// `goutils.WrapCustom`, which counts bytes.
fn wrap(text: &str, width: i64, separator: &str, long_words: bool) -> String {
    let separator = if separator.is_empty() { "\n" } else { separator };
    let width = width.max(1) as usize;
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut offset = 0;
    let take = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    while bytes.len().saturating_sub(offset) > width {
        if bytes.get(offset) == Some(&b' ') {
            offset += 1;
            continue;
        }
        let blank = |at: &usize| bytes.get(*at) == Some(&b' ');
        let space = (offset..width + offset + 1).rev().find(blank);
        // A long word is cut, or goes on to the next blank.
        let (end, next) = match space.or_else(|| (width + offset..bytes.len()).find(blank).filter(|_| !long_words)) {
            Some(space) => (space, space + 1),
            None if long_words => (offset + width, offset + width),
            None => break,
        };
        out.extend(take(offset, end));
        out.extend(separator.as_bytes());
        offset = next;
    }
    out.extend(take(offset, bytes.len()));
    lossy(&out)
}

/// `goutils.AbbreviateFull`, which counts bytes.
fn abbreviate(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let length = text.len() as i64;
    if width < 4 || length <= width {
        return text.to_owned();
    }
    let take = |from: i64, to: i64| text.get(from.max(0) as usize..to.clamp(0, length) as usize).unwrap_or_default();
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    if offset <= 4 {
        return [take(0, width - 3), b"..."].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + width - 3 < length {
        return [b"...", abbreviate(take(offset, length), 0, width - 3).as_slice()].concat();
    }
    [b"...", take(length - (width - 3), length)].concat()
}

fn quoted(call: &Call<'_>, mark: char) -> Outcome {
    let mut rope = Rope::default();
    let mut first = true;
    for value in call.arguments.iter().filter(|value| !value.is_nil()) {
        let text = match mark {
            '"' => text_of(value, call),
            _ => match &value.data {
                Data::Str(text) => text.clone(),
                _ => Text::marked(plain(value), value_origin(value, &call.engine.trails)),
            },
        };
        if !first {
            rope.push_str(" ", Mark::NONE);
        }
        first = false;
        let mut sign = [0; 4];
        let sign = mark.encode_utf8(&mut sign);
        rope.push_str(sign, Mark::NONE);
        for (range, run) in text.runs() {
            let piece = text.as_str().get(range).unwrap_or_default();
            if mark == '"' {
                let mut out = String::with_capacity(piece.len());
                piece.chars().for_each(|c| escape(c, '"', &mut out));
                rope.push_str(&out, run.mark);
            } else {
                rope.push_str(piece, run.mark);
            }
        }
        rope.push_str(sign, Mark::NONE);
    }
    Ok(Value::text(rope.finish()))
}

fn cat(call: &Call<'_>) -> Outcome {
    let mut rope = Rope::default();
    let present = call.arguments.iter().filter(|value| !value.is_nil());
    for (index, value) in present.enumerate() {
        if index > 0 {
            rope.push_str(" ", Mark::NONE);
        }
        rope.push(&text_of(value, call));
    }
    Ok(Value::text(rope.finish()))
}

fn indent(call: &Call<'_>, rope: &mut Rope) -> Result<(), String> {
    let Ok(count) = usize::try_from(call.int(0)) else { return Err("strings: negative Repeat count".to_owned()) };
    let text = call.text(1);
    let lines = text.as_str().matches('\n').count() + 1;
    room(call, count.saturating_mul(lines).saturating_add(text.as_str().len()))?;
    let mut at = 0;
    for line in text.as_str().split_inclusive('\n') {
        rope.push_blanks(count);
        rope.push_slice(&text, at..at + line.len());
        at += line.len();
    }
    if at == 0 || text.as_str().ends_with('\n') {
        rope.push_blanks(count);
    }
    Ok(())
}

fn replace(call: &Call<'_>) -> Outcome {
    let (old, text) = (call.str(0), call.text(2));
    let new = call.text(1);
    let mut rope = Rope::default();
    let mut at = 0;
    for (found, _) in text.as_str().match_indices(old) {
        rope.push_slice(&text, at..found);
        // What is put in the place of a value's text is still that value's doing.
        let range = found..found + old.len();
        let origin = text.mark_of(range.clone(), &call.engine.trails);
        let own = new.mark(&call.engine.trails);
        rope.push_str(new.as_str(), call.engine.trails.join([origin, own]));
        at = range.end;
        room(call, rope.len())?;
    }
    rope.push_slice(&text, at..text.as_str().len());
    Ok(Value::text(rope.finish()))
}

/// `strings.Split`: with an empty separator, every character by itself.
pub(super) fn pieces(call: &Call<'_>, text: &Text, separator: &str, most: Option<usize>) -> Vec<Value> {
    let whole = text.as_str();
    let mut parts = Vec::new();
    let most = most.unwrap_or(usize::MAX).min(call.engine.limits().elements + 1);
    if separator.is_empty() {
        let mut at = 0;
        for c in whole.chars() {
            if parts.len() + 1 == most {
                break;
            }
            parts.push(Value::text(text.slice(at..at + c.len_utf8())));
            at += c.len_utf8();
        }
        if at < whole.len() {
            parts.push(Value::text(text.slice(at..whole.len())));
        }
        return parts;
    }
    let mut at = 0;
    for (found, _) in whole.match_indices(separator) {
        if parts.len() + 1 >= most {
            break;
        }
        parts.push(Value::text(text.slice(at..found)));
        at = found + separator.len();
    }
    parts.push(Value::text(text.slice(at..whole.len())));
    parts
}

fn numbered(parts: Vec<Value>) -> Value {
    let mut dict = Dict::of(Elem::String);
    for (index, value) in parts.into_iter().enumerate() {
        dict.insert(format!("_{index}").into(), Slot { key: Mark::NONE, value });
    }
    Value::dict(dict)
}

/// `strslice`
pub(super) fn strings(value: &Value, call: &Call<'_>) -> Vec<Value> {
    let plain = match &value.data {
        Data::Object(object) if object.is_collection() => object.plain(),
        _ => value.clone(),
    };
    match &plain.data {
        Data::List(list) => {
            list.items.iter().filter(|item| !item.is_nil()).map(|item| Value::text(text_of(item, call))).collect()
        }
        Data::Nil => Vec::new(),
        _ => vec![Value::text(text_of(value, call))],
    }
}
