//! sprig's `regex.go` on the `regex` crate, which speaks RE2 like Go does. What it lacks is translated (`\Q…\E`, braces
//! that repeat nothing), and what it has beyond Go's is taken from it (classes within classes).

use super::{Outcome, Row};
use crate::exec::Call;
use crate::text::{Rope, Text};
use crate::value::Value;
use regex::{Regex, RegexBuilder};

pub(super) const ROWS: &[Row] = &[
    ("regexMatch", "ss", |call| {
        let matches = compile(call.str(0)).is_ok_and(|regex| regex.is_match(call.str(1)));
        call.yes(matches)
    }),
    ("mustRegexMatch", "ss", |call| {
        let regex = compile(call.str(0))?;
        call.yes(regex.is_match(call.str(1)))
    }),
    ("regexFind", "ss", find),
    ("mustRegexFind", "ss", find),
    ("regexFindAll", "ssi", find_all),
    ("mustRegexFindAll", "ssi", find_all),
    ("regexReplaceAll", "sss", |call| replace(call, false)),
    ("mustRegexReplaceAll", "sss", |call| replace(call, false)),
    ("regexReplaceAllLiteral", "sss", |call| replace(call, true)),
    ("mustRegexReplaceAllLiteral", "sss", |call| replace(call, true)),
    ("regexSplit", "ssi", split),
    ("mustRegexSplit", "ssi", split),
    ("regexQuoteMeta", "s", |call| {
        let mut out = String::new();
        for c in call.str(0).chars() {
            if r"\.+*?()|[]{}^$".contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
        call.made(out)
    }),
];

fn compile(pattern: &str) -> Result<Regex, String> {
    let mut translated = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        let here = rest;
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' => rest = escape(rest, &mut translated),
            '{' if !in_class && most_times(here) > MOST_TIMES => {
                let shown = here.split_inclusive('}').next().unwrap_or(here);
                return Err(format!("error parsing regexp: invalid repeat count: `{shown}`"));
            }
            // What repeats nothing stands for itself in Go.
            '{' if !in_class && !is_repetition(here) => translated.push_str(r"\{"),
            '[' if !in_class => {
                in_class = true;
                // The first of a class is one of it, whatever it is.
                let open = if rest.starts_with('^') { "[^" } else { "[" };
                rest = here.get(open.len()..).unwrap_or_default();
                translated.push_str(open);
                if let Some(after) = rest.strip_prefix(']') {
                    translated.push_str(r"\]");
                    rest = after;
                }
            }
            '[' if rest.starts_with(':') => {
                let end = here.find(":]").map_or(here.len(), |at| at + 2);
                translated.push_str(here.get(..end).unwrap_or_default());
                rest = here.get(end..).unwrap_or_default();
            }
            // Classes within classes, and what is done with them, are not Go's.
            '[' | '&' | '~' if in_class => {
                translated.push('\\');
                translated.push(c);
            }
            // Two of them are a range that ends with the second, and no difference of classes.
            '-' if in_class && rest.starts_with('-') => {
                translated.push_str(r"-\-");
                rest = rest.get(1..).unwrap_or_default();
            }
            ']' if in_class => {
                in_class = false;
                translated.push(c);
            }
            c => translated.push(c),
        }
    }
    let built = RegexBuilder::new(&translated).size_limit(4 << 20).build();
    built.map_err(|error| {
        let last = error.to_string();
        let line = last.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("regexp: Compile({}): {line}", crate::format::quote(pattern))
    })
}

/// More repetitions than this Go refuses.
const MOST_TIMES: u64 = 1_000;

/// The largest number in a repetition that a text begins with.
fn most_times(text: &str) -> u64 {
    let inside = text.get(1..).and_then(|text| text.split_once('}')).map_or("", |(inside, _)| inside);
    let numbers = inside.split(',').filter(|_| is_repetition(text)).filter(|number| !number.is_empty());
    numbers.map(|number| number.parse().unwrap_or(u64::MAX)).max().unwrap_or(0)
}

/// Does a text begin with `{n}`, `{n,}` or `{n,m}`?
fn is_repetition(text: &str) -> bool {
    let inside = text.get(1..).and_then(|text| text.split_once('}')).map_or("", |(inside, _)| inside);
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

/// What stands behind a backslash; gives what is left.
fn escape<'p>(text: &'p str, translated: &mut String) -> &'p str {
    let Some(c) = text.chars().next() else {
        translated.push('\\');
        return "";
    };
    let rest = text.get(c.len_utf8()..).unwrap_or_default();
    match c {
        'Q' => {
            let (literal, after) = rest.split_once(r"\E").unwrap_or((rest, ""));
            translated.push_str(&regex::escape(literal));
            return after;
        }
        // A class by name, or a character by number.
        'p' | 'P' | 'x' if rest.starts_with('{') => {
            let end = rest.find('}').map_or(rest.len(), |at| at + 1);
            translated.push('\\');
            translated.push(c);
            translated.push_str(rest.get(..end).unwrap_or_default());
            return rest.get(end..).unwrap_or_default();
        }
        // Go's classes are ASCII.
        'd' => translated.push_str("[0-9]"),
        'D' => translated.push_str("[^0-9]"),
        'w' => translated.push_str("[0-9A-Za-z_]"),
        'W' => translated.push_str("[^0-9A-Za-z_]"),
        's' => translated.push_str(r"[\t\n\f\r ]"),
        'S' => translated.push_str(r"[^\t\n\f\r ]"),
        'b' => translated.push_str(r"(?-u:\b)"),
        c => {
            translated.push('\\');
            translated.push(c);
        }
    }
    rest
}

fn find(call: &Call<'_>) -> Outcome {
    let regex = compile(call.str(0))?;
    let text = call.text(1);
    let range = regex.find(text.as_str()).map_or(0..0, |found| found.range());
    Ok(Value::text(text.slice(range)))
}

fn most(call: &Call<'_>, index: usize) -> usize {
    usize::try_from(call.int(index)).unwrap_or(usize::MAX).min(call.engine.limits().elements)
}

fn find_all(call: &Call<'_>) -> Outcome {
    let regex = compile(call.str(0))?;
    let text = call.text(1);
    let found = regex.find_iter(text.as_str()).take(most(call, 2));
    Ok(Value::strings(found.map(|found| Value::text(text.slice(found.range()))).collect()))
}

fn replace(call: &Call<'_>, literal: bool) -> Outcome {
    let regex = compile(call.str(0))?;
    let (text, new) = (call.text(1), call.text(2));
    let trails = &call.engine.trails;
    let own = new.mark(trails);
    let mut rope = Rope::default();
    let mut at = 0;
    for found in regex.captures_iter(text.as_str()) {
        let Some(whole) = found.get(0) else { continue };
        rope.push_slice(&text, at..whole.start());
        let mut out = String::new();
        if literal {
            out.push_str(new.as_str());
        } else {
            found.expand(new.as_str(), &mut out);
        }
        rope.push_str(&out, trails.join([text.mark_of(whole.range(), trails), own]));
        at = whole.end();
        call.engine.made(out.len())?;
        if rope.len() > call.engine.limits().text {
            return Err("text is too long".into());
        }
    }
    rope.push_slice(&text, at..text.as_str().len());
    Ok(Value::text(rope.finish()))
}

/// `regexp.Split`
fn split(call: &Call<'_>) -> Outcome {
    let regex = compile(call.str(0))?;
    let text: Text = call.text(1);
    let count = call.int(2);
    if count == 0 {
        return Ok(Value::strings(Vec::new()));
    }
    if !call.str(0).is_empty() && text.as_str().is_empty() {
        return Ok(Value::strings(vec![Value::str("")]));
    }
    let (mut begin, mut end) = (0, 0);
    let mut parts = Vec::new();
    let limit = if count > 0 { most(call, 2) } else { call.engine.limits().elements };
    for found in regex.find_iter(text.as_str()).take(limit) {
        if parts.len() + 1 == limit {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(Value::text(text.slice(begin..end)));
        }
        begin = found.end();
    }
    if end != text.as_str().len() {
        parts.push(Value::text(text.slice(begin..text.as_str().len())));
    }
    Ok(Value::strings(parts))
}
