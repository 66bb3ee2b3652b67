//! `key=value` and `key: value` in text: property files, dotenv, YAML and JSON in a string, flags of a command line.

use std::ops::Range;

/// A name and its value, as ranges of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment<'t> {
    /// The name.
    pub name: &'t str,
    /// The value, without quotes.
    pub value: &'t str,
    /// Where the value is.
    pub range: Range<usize>,
}

/// The assignments of a text, in order: all of a line of JSON or of a command, else the one; comments have none. Values that are code
/// (calls, comparisons, unquoted words in a row) are left out.
pub fn assignments(text: &str) -> impl Iterator<Item = Assignment<'_>> {
    lines(text).flat_map(|(start, line)| of_line(line, start))
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

/// A minified file is one line: of one that is longer only JSON is taken apart, and the rest is left to the rules.
const LONGEST_LINE: usize = 4096;
/// Names are short.
const LONGEST_NAME: usize = 128;

fn of_line(line: &str, start: usize) -> Vec<Assignment<'_>> {
    let trimmed = line.trim_start();
    if line.len() > LONGEST_LINE && trimmed.starts_with(['{', '[', '"']) {
        return json_pairs(line, start);
    }
    if line.len() > LONGEST_LINE || ["#", "//", ";", "--", "*"].iter().any(|mark| trimmed.starts_with(mark)) {
        // A flag is no comment of SQL.
        return if trimmed.starts_with("--") && line.len() <= LONGEST_LINE { flags(line, start) } else { Vec::new() };
    }
    let pairs = json_pairs(line, start);
    if !pairs.is_empty() {
        return pairs;
    }
    match whole_line(line, start) {
        Some(found) => vec![found],
        None => flags(line, start),
    }
}

/// `"name": "value"`, as often as a line of JSON has it.
fn json_pairs(line: &str, start: usize) -> Vec<Assignment<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((name, after)) = quoted(line, at) {
        at = after;
        let rest = line.get(after..).unwrap_or_default();
        let Some(value_at) = rest.trim_start().strip_prefix(':').map(|value| line.len() - value.trim_start().len())
        else {
            continue;
        };
        if line.as_bytes().get(value_at) != Some(&b'"') {
            continue;
        }
        let Some((value, after)) = quoted(line, value_at) else { break };
        at = after;
        if !name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(is_name) {
            let begin = start + value_at + 1;
            found.push(Assignment { name, value, range: begin..begin + value.len() });
        }
    }
    found
}

/// The first text in quotes from a place on, and where it ends.
fn quoted(line: &str, from: usize) -> Option<(&str, usize)> {
    let open = from + line.get(from..)?.find('"')? + 1;
    let mut escaped = false;
    let length = line.get(open..)?.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some((line.get(open..open + length)?, open + length + 1))
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// `export NAME="value"`, `- name: value,`, `"name": "value"`.
fn whole_line(line: &str, start: usize) -> Option<Assignment<'_>> {
    let mut rest = line.trim_start();
    for prefix in ["- ", "export ", "set ", "ENV ", "ARG "] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest).trim_start();
    }
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let bare = rest.trim_start_matches(['"', '\'']);
    let end = bare.find(|c| !is_name(c))?;
    let (name, mut rest) = (bare.get(..end)?, bare.get(end..)?);
    if let Some(quote) = quote {
        rest = rest.strip_prefix(quote)?;
    }
    rest = rest.trim_start();
    let rest = rest.strip_prefix(":=").or_else(|| rest.strip_prefix("=>")).or_else(|| rest.strip_prefix(['=', ':']))?;
    // `==`, `::` and `//` are no assignments.
    if name.is_empty() || name.len() > LONGEST_NAME || rest.starts_with(['=', ':', '/']) {
        return None;
    }
    let value = value_of(rest.trim())?;
    let at = value.as_ptr() as usize - line.as_ptr() as usize;
    Some(Assignment { name, value, range: start + at..start + at + value.len() })
}

/// The value without quotes, trailing comma or comment; none where it is code.
fn value_of(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    if let Some(quote) = quote {
        let inner = text.get(1..)?;
        return inner.find(quote).and_then(|end| inner.get(..end));
    }
    let value = text.split(" #").next().unwrap_or(text).trim_end().trim_end_matches([',', ';']);
    let is_header = ["bearer ", "basic ", "token "]
        .iter()
        .any(|scheme| value.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme)));
    // What follows on the next lines is a structure, with names of its own.
    if value.starts_with(['{', '[']) && !value.starts_with("{{") {
        return None;
    }
    let is_code = value.contains(['(', ')', '{', '}', '[', ']', '<', '>', '|']) && !value.starts_with(['$', '{', '<'])
        || (value.contains(char::is_whitespace) && !is_header && !value.starts_with("{{"));
    (!is_code).then_some(value)
}

/// `--name=value`, `--name value` and `NAME=value` among the words of a command line.
fn flags(line: &str, start: usize) -> Vec<Assignment<'_>> {
    let mut found = Vec::new();
    let mut flag: Option<&str> = None;
    for word in line.split_ascii_whitespace() {
        let at = start + (word.as_ptr() as usize - line.as_ptr() as usize);
        let name = word.trim_start_matches('-');
        if let Some(flag) = flag.take()
            && !word.starts_with('-')
        {
            push(flag, word, at, &mut found);
            continue;
        }
        match name.split_once('=') {
            Some((name, value)) if !name.is_empty() && name.chars().all(is_name) => {
                push(name, value, at + word.len() - value.len(), &mut found);
            }
            None if word.starts_with("--") && name.len() < LONGEST_NAME && name.chars().all(is_name) => {
                flag = Some(name)
            }
            _ => {}
        }
    }
    found
}

fn push<'t>(name: &'t str, value: &'t str, at: usize, found: &mut Vec<Assignment<'t>>) {
    let bare = value.trim_start_matches(['"', '\'']);
    // A command whose output it is; a template that goes on in the next word.
    if bare.starts_with("$(") || bare.starts_with('`') || bare.starts_with("{{") {
        return;
    }
    let at = at + value.len() - bare.len();
    let bare = bare.trim_end_matches(['"', '\'', ';', ',']);
    found.push(Assignment { name, value: bare, range: at..at + bare.len() });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(&str, &str)> {
        let found: Vec<Assignment<'_>> = assignments(text).collect();
        for one in &found {
            assert_eq!(text.get(one.range.clone()), Some(one.value));
        }
        found.into_iter().map(|one| (one.name, one.value)).collect()
    }

    #[test]
    fn forms_of_assignments() {
        assert_eq!(pairs("DB_PASSWORD=x1\nb: y\r\n"), [("DB_PASSWORD", "x1"), ("b", "y")]);
        assert_eq!(pairs("  \"password\": \"p w\","), [("password", "p w")]);
        assert_eq!(pairs("- name: 'v' # c"), [("name", "v")]);
        let minified = r#"{"db":{"user":"a","password": "p\"w"},"n":1,"x":["y"],"token":"t"}"#;
        assert_eq!(pairs(minified), [("user", "a"), ("password", "p\\\"w"), ("token", "t")]);
        assert_eq!(pairs("\"token\": {\n  token: [\n"), []);
        assert_eq!(pairs("--api-key={{ api-key }} --password {{ x }}"), []);
        assert_eq!(pairs("a: \"b: c\""), [("a", "b: c")]);
        assert_eq!(pairs("export A=\"b c\""), [("A", "b c")]);
        assert_eq!(pairs("a.b.c = d # e"), [("a.b.c", "d")]);
        assert_eq!(pairs("# password: x\n// password: x\n"), []);
        assert_eq!(pairs("if password == other"), []);
        assert_eq!(pairs("password = getpass()"), []);
        assert_eq!(pairs("password: ${PASSWORD}"), [("password", "${PASSWORD}")]);
        assert_eq!(pairs("http://example.com"), []);
        assert_eq!(
            pairs("mysql --user root --password s3 --verbose --host=db && TOKEN='t' run"),
            [("user", "root"), ("password", "s3"), ("host", "db"), ("TOKEN", "t")]
        );
        assert_eq!(pairs("export PASSWORD=$(cat /run/secrets/db)"), []);
        assert_eq!(pairs("--token abc"), [("token", "abc")]);
        assert_eq!(pairs("Authorization: Bearer abc"), [("Authorization", "Bearer abc")]);
        assert_eq!(pairs("password: one two three"), []);
        assert_eq!(pairs("REDIS_PASSWORD="), [("REDIS_PASSWORD", "")]);
    }
}
