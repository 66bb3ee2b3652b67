//! Edits by path on texts of every layout: `lowering.txt` holds each with what comes out, byte for byte. A backslash at
//! the end of a block means that its last line has no break. Each is tried with line feeds and with CR LF.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_fix::{Operation, edit_text};

struct Case {
    name: String,
    operations: Vec<(usize, Operation)>,
    before: String,
    after: Result<String, String>,
}

fn block(lines: &[&str]) -> String {
    let text = lines.join("\n");
    let text = text.trim_end_matches('\n');
    match text.strip_suffix('\\') {
        Some(bare) => bare.to_owned(),
        None => format!("{text}\n"),
    }
}

fn cases() -> Vec<Case> {
    let text = include_str!("lowering.txt");
    let mut starts: Vec<usize> = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with("# ") && lines.get(at + 1).is_some_and(|next| next.starts_with("> ")) {
            starts.push(at);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let pieces = starts.iter().zip(ends).map(|(start, end)| &lines[*start..end]);
    pieces
        .map(|lines| {
            let before = lines.iter().position(|line| *line == "=== before").expect("=== before");
            let after = lines.iter().position(|l| l.starts_with("=== after") || l.starts_with("=== refused")).unwrap();
            let operations = lines[1..before].iter().map(|line| {
                let (verb, rest) = line.strip_prefix("> ").expect("> verb").split_once(' ').expect("a path");
                let (path, value) = rest.split_once(" = ").unwrap_or((rest, ""));
                let (path, value) = (path.to_owned(), value.to_owned());
                let operation = match verb {
                    "set" => Operation::Set(path, value),
                    "append" => Operation::Append(path, value),
                    "remove" => Operation::Remove(path),
                    other => panic!("{other}"),
                };
                (0, operation)
            });
            let outcome = block(&lines[after + 1..]);
            Case {
                name: lines[0].to_owned(),
                operations: operations.collect(),
                before: block(&lines[before + 1..after]),
                after: match lines[after] {
                    "=== after" => Ok(outcome),
                    _ => Err(outcome.trim().to_owned()),
                },
            }
        })
        .collect()
}

#[test]
fn every_layout() {
    let cases = cases();
    assert!(cases.len() > 35, "{}", cases.len());
    let mut wrong = String::new();
    for case in &cases {
        for line_break in ["\n", "\r\n"] {
            let with = |text: &str| text.replace('\n', line_break);
            let outcome = edit_text(&with(&case.before), &case.operations).map_err(|refusal| refusal.code.to_owned());
            let expected = case.after.clone().map(|text| with(&text));
            if outcome != expected {
                wrong.push_str(&format!("{}\nexpected {expected:#?}\nfound {outcome:#?}\n\n", case.name));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
