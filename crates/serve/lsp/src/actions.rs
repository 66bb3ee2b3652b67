//! Code actions: fix, and waive here.
//!
//! Each is tried out before it is offered: the text with the edit is judged, and an edit that does not do what it says is
//! no offer. What the document alone does not show is tried with its folder: there an edit may be of another file, such
//! as the template that prints a value. The comment of a waiver has no reason, because only a person has one: until it
//! is written, the waiver is invalid, says so itself, and the finding stays.

use crate::shown::{self, Shown};
use crate::{Encoding, Engine, Judged, Lines, Texts, uri};
use ironclad_fix::{Change, apply, lower};
use ironclad_model::{Finding, Safety, Status};
use ironclad_tree::Span;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A menu is not a list of everything.
const MOST: usize = 12;
/// What is tried with the whole folder takes longer.
const MOST_IN_FOLDER: usize = 4;

/// What is known of the document that actions are asked for.
pub(crate) struct Place<'a> {
    pub(crate) engine: &'a dyn Engine,
    pub(crate) uri: &'a str,
    pub(crate) file: &'a Path,
    pub(crate) text: &'a Arc<str>,
    pub(crate) encoding: Encoding,
    /// It means nothing without its folder.
    pub(crate) is_rendered: bool,
    /// What it is judged together with, and the texts that are open there.
    pub(crate) folder: Option<(PathBuf, Texts)>,
}

/// One entry of the menu.
struct Action {
    title: String,
    is_preferred: bool,
    /// For each file its text and the edits of it.
    edits: Vec<(PathBuf, Arc<str>, Vec<Change>)>,
}

/// The actions for what is under the cursor.
pub(crate) fn actions(place: &Place<'_>, found: &[&Shown]) -> Vec<Value> {
    let lines = Lines::new(place.text);
    let alone = (!place.is_rendered).then(|| place.engine.document(place.file, place.text, true));
    let mut together: Option<Together<'_>> = None;
    let mut tried = 0;
    let mut out = Vec::new();
    for shown in found.iter().filter(|shown| !shown.fingerprint.is_empty()).take(MOST) {
        let actions = match (alone.as_ref().filter(|alone| same(alone, shown).is_some()), &place.folder) {
            (Some(alone), _) => of_document(place, shown, alone, &lines),
            (None, Some((root, open))) if tried < MOST_IN_FOLDER => {
                tried += 1;
                let together = together.get_or_insert_with(|| Together {
                    engine: place.engine,
                    root,
                    open,
                    judged: place.engine.folder(root, open),
                });
                together.actions(place, shown, &lines)
            }
            (None, _) => Vec::new(),
        };
        let diagnostic = shown.diagnostic(&lines, place.encoding, place.engine.catalogue());
        out.extend(actions.into_iter().map(|action| {
            let mut changes = Map::new();
            for (file, text, edits) in &action.edits {
                let is_own = file == place.file;
                let uri = if is_own { place.uri.to_owned() } else { uri::of_path(file) };
                let lines = Lines::new(text);
                let edits = edits
                    .iter()
                    .map(|c| json!({"range": shown::range(&lines, c.span, place.encoding), "newText": c.text}));
                changes.insert(uri, edits.collect());
            }
            let mut value = json!({
                "title": action.title,
                "kind": "quickfix",
                "diagnostics": [diagnostic],
                "edit": {"changes": changes},
            });
            if action.is_preferred {
                value["isPreferred"] = true.into();
            }
            value
        }));
    }
    out
}

/// What the document alone can prove.
fn of_document(place: &Place<'_>, shown: &Shown, judged: &Judged, lines: &Lines<'_>) -> Vec<Action> {
    let judge = |text: Arc<str>| place.engine.document(place.file, &text, true);
    let mut out = own_fixes(place, shown, judged, &judge);
    out.extend(own_waiver(place, shown, judged, lines, &judge));
    out
}

/// Fixes of a finding in the document's own text that make it go away and bring nothing else. One that needs a value is
/// for the command line.
fn own_fixes(place: &Place<'_>, shown: &Shown, judged: &Judged, judge: &dyn Fn(Arc<str>) -> Judged) -> Vec<Action> {
    let Some(finding) = same(judged, shown) else { return Vec::new() };
    let Some(object) = judged.snapshot.object(finding.object) else { return Vec::new() };
    let mut out = Vec::new();
    for fix in finding.fixes.iter().filter(|fix| fix.safety != Safety::Value) {
        let Ok(changes) = lower(object.document(), &fix.edits) else { continue };
        if changes.is_empty() {
            continue;
        }
        let after = judge(apply(place.text, &changes).into());
        let gone = same(&after, shown).is_none_or(|finding| !finding.is_open());
        if !gone || open(&after) >= open(judged) || after.problems.len() > judged.problems.len() {
            continue;
        }
        out.push(Action {
            title: title(&fix.title, fix.safety == Safety::Unsafe),
            is_preferred: fix.safety == Safety::Safe,
            edits: vec![(place.file.to_owned(), Arc::clone(place.text), changes)],
        });
    }
    out
}

fn title(what: &str, is_unsafe: bool) -> String {
    let note = if is_unsafe { " (may change behaviour)" } else { "" };
    format!("fix: {what}{note}")
}

/// A comment on the line above; none where no comment would waive the finding (JSON has none).
fn own_waiver(
    place: &Place<'_>,
    shown: &Shown,
    judged: &Judged,
    lines: &Lines<'_>,
    judge: &dyn Fn(Arc<str>) -> Judged,
) -> Option<Action> {
    let (tried, change) = comment_above(place.text, lines, shown.anchor?, &shown.code);
    holds(judged, &judge(tried), shown).then(|| Action {
        title: format!("waive {} here", shown.code),
        is_preferred: false,
        edits: vec![(place.file.to_owned(), Arc::clone(place.text), vec![change])],
    })
}

/// The text with a waiver above the line of an offset, and the edit that leaves its reason to be written.
fn comment_above(text: &str, lines: &Lines<'_>, at: u32, code: &str) -> (Arc<str>, Change) {
    let start = lines.line_start(at as usize);
    let line = &text[start..];
    let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let comment = |reason: &str| format!("{indent}# ironclad: ignore[{code}] {reason}{newline}");
    let tried = format!("{}{}{}", &text[..start], comment("tried"), line).into();
    (tried, Change { span: Span { start: start as u32, end: start as u32 }, text: comment("") })
}

/// Does the waiver waive the finding, and nothing go wrong?
fn holds(before: &Judged, after: &Judged, shown: &Shown) -> bool {
    same(after, shown).is_some_and(|finding| matches!(finding.status, Status::Waived(_)))
        && open(after) < open(before)
        && after.problems.len() <= before.problems.len()
}

/// A document's folder as it is judged.
struct Together<'a> {
    engine: &'a dyn Engine,
    root: &'a Path,
    open: &'a Texts,
    judged: Judged,
}

impl Together<'_> {
    fn actions(&self, place: &Place<'_>, shown: &Shown, lines: &Lines<'_>) -> Vec<Action> {
        let Some(finding) = same(&self.judged, shown) else { return Vec::new() };
        let judge = |file: &Path, text: Arc<str>| {
            let mut open = self.open.clone();
            open.insert(file.to_owned(), text);
            self.engine.folder(self.root, &open)
        };
        if finding.rendered_from.is_empty() {
            let own = |text: Arc<str>| judge(place.file, text);
            let mut out = own_fixes(place, shown, &self.judged, &own);
            out.extend(own_waiver(place, shown, &self.judged, lines, &own));
            return out;
        }
        let fixes = self.engine.rendered_fixes(self.root, self.open, finding);
        let mut out: Vec<Action> = fixes
            .into_iter()
            .map(|fix| {
                let edit = |(file, before, after): (PathBuf, Arc<str>, Arc<str>)| {
                    let change = difference(&before, &after);
                    (file, before, vec![change])
                };
                Action {
                    title: title(&fix.title, fix.is_unsafe),
                    is_preferred: !fix.is_unsafe,
                    edits: fix.files.into_iter().map(edit).collect(),
                }
            })
            .collect();
        // The place that is edited comes first, then what it was printed by.
        let mut files: Vec<&str> = Vec::new();
        for link in finding.rendered_from.iter().rev() {
            if files.contains(&&**link.source.name()) {
                continue;
            }
            files.push(link.source.name());
            let file = PathBuf::from(&**link.source.name());
            let text: Arc<str> = Arc::from(link.source.text());
            let (tried, change) = comment_above(&text, &Lines::new(&text), link.span.start, &shown.code);
            if holds(&self.judged, &judge(&file, tried), shown) {
                let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
                let where_ = if file == place.file { "here".to_owned() } else { format!("in {name}") };
                out.push(Action {
                    title: format!("waive {} {where_}", shown.code),
                    is_preferred: false,
                    edits: vec![(file, text, vec![change])],
                });
                break;
            }
        }
        out
    }
}

/// One replacement that makes the second text of the first: whole lines, so that an editor shows what happens.
fn difference(before: &str, after: &str) -> Change {
    let mut start = 0;
    for (a, b) in before.split_inclusive('\n').zip(after.split_inclusive('\n')) {
        if a != b {
            break;
        }
        start += a.len();
    }
    let (rest_before, rest_after) = (&before[start..], &after[start..]);
    let mut tail = 0;
    let ends = rest_before.split_inclusive('\n').rev().zip(rest_after.split_inclusive('\n').rev());
    for (a, b) in ends {
        if a != b {
            break;
        }
        tail += a.len();
    }
    let text = rest_after[..rest_after.len() - tail].to_owned();
    Change { span: Span { start: start as u32, end: (before.len() - tail) as u32 }, text }
}

/// The finding that is shown, in another judgement.
fn same<'j>(judged: &'j Judged, shown: &Shown) -> Option<&'j Finding> {
    judged.findings.iter().find(|finding| finding.fingerprint == shown.fingerprint && finding.check == shown.code)
}

fn open(judged: &Judged) -> usize {
    judged.findings.iter().filter(|finding| finding.is_open()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_whole_lines() {
        for (before, after, start, end, text) in [
            ("a\nb\nc\n", "a\nx\nc\n", 2, 4, "x\n"),
            ("a\nc\n", "a\nb\nc\n", 2, 2, "b\n"),
            ("a\nb\nb\n", "a\nb\n", 4, 6, ""),
            ("é: 1", "é: 2", 0, 5, "é: 2"),
            ("", "a", 0, 0, "a"),
        ] {
            let change = difference(before, after);
            assert_eq!((change.span.start, change.span.end, change.text.as_str()), (start, end, text), "{before:?}");
            assert_eq!(apply(before, &[change]), after);
        }
    }
}
