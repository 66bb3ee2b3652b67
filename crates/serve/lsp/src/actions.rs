//! Code actions: waive here. The comment has no reason, because only a person has one: until it is written, the waiver
//! is invalid, says so itself, and the finding stays.

use crate::shown::{self, Shown};
use crate::{Encoding, Engine, Lines};
use ironclad_model::Status;
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
    let mut out = Vec::new();
    for shown in found.iter().filter(|shown| !shown.fingerprint.is_empty()).take(MOST) {
        let diagnostic = shown.diagnostic(&lines, place.encoding, place.engine.catalogue());
        if let Some((at, comment)) = waiver(place, shown, &lines) {
            let span = Span { start: at as u32, end: at as u32 };
            out.push(json!({
                "title": format!("waive {} here", shown.code),
                "kind": "quickfix",
                "diagnostics": [diagnostic],
                "edit": {"changes": {place.uri: [{"range": shown::range(&lines, span, place.encoding), "newText": comment}]}},
            }));
        }
    }
    out
}

/// Where a comment goes and what it says; none where no comment would waive the finding (JSON has none).
fn waiver(place: &Place<'_>, shown: &Shown, lines: &Lines<'_>) -> Option<(usize, String)> {
    let text = place.text;
    let start = lines.line_start(shown.anchor? as usize);
    let line = &text[start..];
    let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let comment = |reason: &str| format!("{indent}# ironclad: ignore[{}] {reason}{newline}", shown.code);
    // Tried out, with a reason: an offer that does not waive would be worse than none.
    let tried: Arc<str> = format!("{}{}{}", &text[..start], comment("tried"), line).into();
    let judged = place.engine.document(place.file, &tried, true);
    let is_waived = judged
        .findings
        .iter()
        .any(|f| f.check == shown.code && f.fingerprint == shown.fingerprint && matches!(f.status, Status::Waived(_)));
    is_waived.then(|| (start, comment("")))
}
