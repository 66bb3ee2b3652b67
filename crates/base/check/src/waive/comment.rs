//! The text of waivers in manifests: `# ironclad: ignore[ids] reason; by=…; expires=…`, and what a line covers.

use crate::suggest;
use ironclad_model::Date;
use ironclad_tree::{Comment, Document, Limits, NodeRef, Source, Span, parse};
use std::sync::Arc;

/// A comment that waives.
pub(super) struct Directive {
    pub(super) whole_file: bool,
    pub(super) checks: Vec<String>,
    pub(super) parts: Parts,
    pub(super) faults: Vec<String>,
}

/// What a reason carries besides itself.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) reason: Option<String>,
    pub(super) by: Option<String>,
    pub(super) expires: Option<Date>,
    pub(super) container: Option<String>,
    pub(super) path: Option<String>,
}

const KEYS: &[&str] = &["by", "expires", "container", "path"];

/// The reason and its `; key=value` parts. A semicolon that begins no known part belongs to the reason.
pub(super) fn parts(text: &str, faults: &mut Vec<String>) -> Parts {
    let mut parts = Parts::default();
    let mut reason = String::new();
    for (index, piece) in text.split(';').enumerate() {
        let pair = piece.split_once('=').map(|(key, value)| (key.trim(), value.trim().to_owned()));
        match pair {
            Some(("by", value)) => parts.by = Some(value),
            Some(("container", value)) => parts.container = Some(value),
            Some(("path", value)) => parts.path = Some(value),
            Some(("expires", value)) => match value.parse() {
                Ok(date) => parts.expires = Some(date),
                Err(error) => faults.push(format!("has an `expires` that cannot be read: {error}")),
            },
            Some((key, _)) if index > 0 && suggest(key, KEYS.iter().copied()).is_some() => {
                let near = suggest(key, KEYS.iter().copied()).unwrap_or_default();
                faults.push(format!("has an unknown part `{key}`: did you mean `{near}`?"));
            }
            _ => {
                if !reason.is_empty() {
                    reason.push(';');
                }
                reason.push_str(piece);
            }
        }
    }
    let reason = reason.trim();
    parts.reason = (!reason.is_empty()).then(|| reason.to_owned());
    parts
}

/// Reads a comment; none where it does not address us.
pub(super) fn directive(source: &Source, comment: &Comment) -> Option<Directive> {
    let text = source.text().get(comment.span.start as usize..comment.span.end as usize)?;
    let text = text.trim_start_matches('#').trim_start();
    let rest = text.strip_prefix("ironclad:")?.trim_start();
    let mut faults = Vec::new();
    let (whole_file, after) = match (rest.strip_prefix("ignore-file"), rest.strip_prefix("ignore")) {
        (Some(after), _) => (true, after),
        (None, Some(after)) => (false, after),
        (None, None) => {
            faults.push("cannot be read: write `# ironclad: ignore[check] reason`".to_owned());
            return Some(Directive { whole_file: false, checks: Vec::new(), parts: Parts::default(), faults });
        }
    };
    let list = after.trim_start().strip_prefix('[').and_then(|list| list.split_once(']'));
    let Some((list, reason)) = list else {
        faults.push("names no check: write `ignore[check] reason`".to_owned());
        return Some(Directive { whole_file, checks: Vec::new(), parts: Parts::default(), faults });
    };
    let checks: Vec<String> = list.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    if checks.is_empty() {
        faults.push("names no check: write `ignore[check] reason`".to_owned());
    }
    let parts = parts(reason, &mut faults);
    Some(Directive { whole_file, checks, parts, faults })
}

/// Is there nothing but comments, blank lines and separators before it?
pub(super) fn in_first_block(source: &Source, comment: &Comment) -> bool {
    let before = source.text().get(..comment.span.start as usize).unwrap_or_default();
    before.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line.starts_with("---")
    })
}

/// The line that a comment speaks of: its own, or for a comment on a line of its own the next with content.
pub(super) fn target_line(source: &Source, comment: &Comment) -> u32 {
    let mut line = source.position(comment.span.start).line;
    if !comment.own_line {
        return line;
    }
    while line < source.line_count() {
        line += 1;
        let text = source.text().get(source.line_range(line)).unwrap_or_default().trim();
        if !text.is_empty() && !text.starts_with('#') {
            return line;
        }
    }
    line
}

/// As [`range_on_line`], in a text that is no document of the run; the line itself where nothing of it is YAML.
pub(super) fn range_in_text(source: &Arc<Source>, line: u32) -> Span {
    let parsed = parse(source, &Limits::default());
    let found = parsed.documents.iter().find_map(|document| range_on_line(document, line));
    let range = source.line_range(line);
    found.unwrap_or(Span { start: range.start as u32, end: range.end as u32 })
}

/// The outermost entry, item or document that begins on a line. None where nothing of the document does.
pub(super) fn range_on_line(document: &Document, line: u32) -> Option<Span> {
    let source = document.source();
    let range = source.line_range(line);
    let (from, to) = (range.start as u32, range.end as u32);
    if document.span().end <= from || document.span().start >= to {
        return None;
    }
    let starts = |at: u32| (from..to).contains(&at);
    let mut node = document.root();
    if starts(node.span().start) {
        return Some(node.span());
    }
    loop {
        let mut found: Option<Span> = None;
        let mut deeper: Option<NodeRef<'_>> = None;
        let entries = node.entries().filter(|e| !e.merged() && !e.value().via_alias());
        let children = entries
            .map(|entry| (entry.span(), entry.value()))
            .chain(node.items().filter(|item| !item.via_alias()).map(|item| (item.span(), item)));
        for (span, child) in children {
            if starts(span.start) {
                let so_far = found.unwrap_or(span);
                found = Some(Span { start: so_far.start.min(span.start), end: so_far.end.max(span.end) });
            } else if span.start < from && span.end > from {
                deeper = Some(child);
            }
        }
        if found.is_some() {
            return found;
        }
        node = deeper?;
    }
}
