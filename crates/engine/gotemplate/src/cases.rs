//! Words of an identifier, as `huandu/xstrings` finds them: `HTTPServer2xx` is `http_server_2xx`.

use crate::functions::{to_lower, to_upper};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Invalid,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

fn connector(c: char) -> bool {
    c == '-' || c == '_' || c.is_whitespace()
}

fn alphabet(c: char) -> bool {
    c.is_alphabetic() && (c.is_uppercase() || c.is_lowercase())
}

/// `unicode.IsPunct` for what identifiers and paths are written with.
fn punctuation(c: char) -> bool {
    matches!(c, '!'..='#' | '%'..='*' | ',' | '.' | '/' | ':' | ';' | '?' | '@' | '['..=']' | '{' | '}' | '\u{A1}' | '\u{A7}' | '\u{AB}' | '\u{B6}' | '\u{B7}' | '\u{BB}' | '\u{BF}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}')
}

/// The first word of a text, and the rest.
fn next_word(text: &str) -> (Kind, &str, &str) {
    let mut chars = text.char_indices();
    let Some((_, first)) = chars.next() else { return (Kind::Invalid, "", "") };
    let after = first.len_utf8();
    let run = |from: usize, is: &dyn Fn(char) -> bool| -> usize {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.find(|c| !is(c)).unwrap_or(rest.len())
    };
    let lower = |c: char| alphabet(c) && !c.is_uppercase();
    let (kind, end) = if connector(first) {
        (Kind::Connector, run(after, &connector))
    } else if punctuation(first) {
        (Kind::Punctuation, run(after, &punctuation))
    } else if first.is_uppercase() {
        let second = text.get(after..).and_then(|rest| rest.chars().next());
        match second {
            Some(second) if second.is_uppercase() => {
                let end = run(after, &char::is_uppercase);
                // The last capital of `HTTPStatus` begins a word.
                let follows = text.get(end..).and_then(|rest| rest.chars().next());
                let last = text.get(..end).and_then(|word| word.chars().next_back()).map_or(0, char::len_utf8);
                (Kind::Upper, if follows.is_some_and(alphabet) { end - last } else { end })
            }
            Some(second) if alphabet(second) => (Kind::Upper, run(after, &lower)),
            _ => (Kind::Upper, after),
        }
    } else if alphabet(first) {
        (Kind::Alphabet, run(after, &lower))
    } else if first.is_numeric() {
        (Kind::Number, run(after, &char::is_numeric))
    } else {
        let other = |c: char| !connector(c) && !alphabet(c) && !c.is_numeric() && !punctuation(c);
        (Kind::Other, run(after, &other))
    };
    (kind, text.get(..end).unwrap_or_default(), text.get(end..).unwrap_or_default())
}

fn lower(out: &mut String, kind: Kind, word: &str, sign: char) {
    if kind != Kind::Upper && kind != Kind::Connector {
        out.push_str(word);
        return;
    }
    for c in word.chars() {
        if connector(c) {
            out.push(sign);
        } else if c.is_uppercase() {
            out.push(to_lower(c));
        } else {
            out.push(c);
        }
    }
}

/// `ToSnakeCase` and `ToKebabCase`
pub(crate) fn connected(text: &str, sign: char) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let (mut kind, mut word, mut rest) = next_word(text);
    let ends = |kind: Kind| matches!(kind, Kind::Connector | Kind::Punctuation);
    while !rest.is_empty() {
        if kind != Kind::Connector {
            lower(&mut out, kind, word, sign);
        }
        let (before, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match before {
            Kind::Number => {
                while matches!(kind, Kind::Alphabet | Kind::Number) {
                    lower(&mut out, kind, word, sign);
                    (kind, word, rest) = next_word(rest);
                }
                if kind != Kind::Invalid && !ends(kind) {
                    out.push(sign);
                }
            }
            Kind::Connector => lower(&mut out, before, last, sign),
            Kind::Punctuation => {}
            _ if kind != Kind::Number => {
                if !ends(kind) {
                    out.push(sign);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word, rest) = next_word(rest);
                if kind != Kind::Alphabet {
                    // A number belongs to the word before it.
                    lower(&mut out, Kind::Number, number, sign);
                    if !ends(kind) {
                        out.push(sign);
                    }
                    continue;
                }
                out.push(sign);
                lower(&mut out, Kind::Number, number, sign);
                while matches!(kind, Kind::Alphabet | Kind::Number) {
                    lower(&mut out, kind, word, sign);
                    (kind, word, rest) = next_word(rest);
                }
                if kind != Kind::Invalid && !ends(kind) {
                    out.push(sign);
                }
            }
        }
    }
    lower(&mut out, kind, word, sign);
    out
}

/// `ToPascalCase`
pub(crate) fn pascal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let mut current = None;
    let mut after_upper = false;
    for c in chars.by_ref() {
        if connector(c) {
            out.push(c);
            continue;
        }
        after_upper = c.is_uppercase();
        current = Some(to_upper(c));
        break;
    }
    let Some(mut current) = current else { return out };
    for next in chars {
        let before = current;
        current = next;
        if connector(current) && connector(before) {
            out.push(before);
            continue;
        }
        if connector(before) {
            after_upper = current.is_uppercase();
            current = to_upper(current);
        } else {
            if after_upper {
                if current.is_uppercase() {
                    current = to_lower(current);
                } else {
                    after_upper = false;
                }
            }
            out.push(before);
        }
    }
    out.push(current);
    out
}
