//! Code actions: fix, and waive here.
//!
//! Each is tried out before it is offered: the text with the edit is judged, and an edit that does not do what it says is
//! no offer. The comment of a waiver has no reason, because only a person has one: until it is written, the waiver is
//! invalid, says so itself, and the finding stays.

use crate::shown::{self, Shown};
use crate::{Encoding, Engine, Judged, Lines};
use ironclad_fix::{Change, apply, lower};
use ironclad_model::{Finding, Safety, Status};
use ironclad_tree::Span;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// A menu is not a list of everything.
const MOST: usize = 12;

/// What is known of the document that actions are asked for.
pub(crate) struct Place<'a> {
    pub(crate) engine: &'a dyn Engine,
    pub(crate) uri: &'a str,
    pub(crate) file: &'a Path,
    pub(crate) text: &'a Arc<str>,
    pub(crate) encoding: Encoding,
}

/// The actions for what is under the cursor.
pub(crate) fn actions(place: &Place<'_>, found: &[&Shown]) -> Vec<Value> {
    let lines = Lines::new(place.text);
    let judged = place.engine.document(place.file, place.text, true);
    let mut out = Vec::new();
    for shown in found.iter().filter(|shown| !shown.fingerprint.is_empty()).take(MOST) {
        let diagnostic = shown.diagnostic(&lines, place.encoding, place.engine.catalogue());
        let action = |title: String, changes: &[Change]| {
            let edits: Vec<Value> = changes
                .iter()
                .map(|c| json!({"range": shown::range(&lines, c.span, place.encoding), "newText": c.text}))
                .collect();
            json!({
                "title": title,
                "kind": "quickfix",
                "diagnostics": [diagnostic],
                "edit": {"changes": {place.uri: edits}},
            })
        };
        for (title, preferred, changes) in fixes(place, shown, &judged) {
            let mut action = action(title, &changes);
            if preferred {
                action["isPreferred"] = true.into();
            }
            out.push(action);
        }
        if let Some(change) = waiver(place, shown, &judged, &lines) {
            out.push(action(format!("waive {} here", shown.code), &[change]));
        }
    }
    out
}

/// Fixes of a finding that make it go away and bring nothing else. One that needs a value is for the command line.
fn fixes(place: &Place<'_>, shown: &Shown, judged: &Judged) -> Vec<(String, bool, Vec<Change>)> {
    let Some(finding) = same(judged, shown) else { return Vec::new() };
    let Some(object) = judged.snapshot.object(finding.object) else { return Vec::new() };
    let mut out = Vec::new();
    for fix in finding.fixes.iter().filter(|fix| fix.safety != Safety::Value) {
        let Ok(changes) = lower(object.document(), &fix.edits) else { continue };
        if changes.is_empty() {
            continue;
        }
        let after = place.engine.document(place.file, &apply(place.text, &changes).into(), true);
        let gone = same(&after, shown).is_none_or(|finding| !finding.is_open());
        let worse = after.findings.iter().filter(|f| f.is_open()).count() >= open(judged);
        if !gone || worse || after.problems.len() > judged.problems.len() {
            continue;
        }
        let note = if fix.safety == Safety::Unsafe { " (may change behaviour)" } else { "" };
        out.push((format!("fix: {}{note}", fix.title), fix.safety == Safety::Safe, changes));
    }
    out
}

/// A comment on the line above; none where no comment would waive the finding (JSON has none).
fn waiver(place: &Place<'_>, shown: &Shown, judged: &Judged, lines: &Lines<'_>) -> Option<Change> {
    let text = place.text;
    let start = lines.line_start(shown.anchor? as usize);
    let line = &text[start..];
    let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let comment = |reason: &str| format!("{indent}# ironclad: ignore[{}] {reason}{newline}", shown.code);
    let tried: Arc<str> = format!("{}{}{}", &text[..start], comment("tried"), line).into();
    let after = place.engine.document(place.file, &tried, true);
    let holds = match same(judged, shown) {
        Some(_) => same(&after, shown).is_some_and(|finding| matches!(finding.status, Status::Waived(_))),
        // What only the whole folder shows cannot be tried on one document: it must at least stay what it is.
        None => after.problems.len() == judged.problems.len() && after.snapshot.len() == judged.snapshot.len(),
    };
    let at = Span { start: start as u32, end: start as u32 };
    holds.then(|| Change { span: at, text: comment("") })
}

/// The finding that is shown, in another judgement of its document.
fn same<'j>(judged: &'j Judged, shown: &Shown) -> Option<&'j Finding> {
    judged.findings.iter().find(|finding| finding.fingerprint == shown.fingerprint && finding.check == shown.code)
}

fn open(judged: &Judged) -> usize {
    judged.findings.iter().filter(|finding| finding.is_open()).count()
}
