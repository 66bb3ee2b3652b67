//! What an editor shows of a finding or a problem: freed from its snapshot, still in bytes of its text.

use crate::{Encoding, Judged, Lines, uri};
use ironclad_check::Catalogue;
use ironclad_model::{Finding, Severity};
use ironclad_tree::Span;
use serde_json::{Value, json};
use std::path::Path;

/// Where the pages of checks are.
const PAGES: &str = "https://github.com/ironclad-security/ironclad/blob/main/docs/reference/checks";

/// A diagnostic in the making.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) span: Span,
    pub(crate) code: String,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) label: Option<String>,
    /// What a waiver's comment would stand above: the start of the entry or item that the finding is in. JSON has none.
    pub(crate) anchor: Option<u32>,
    pub(crate) fixes: Vec<String>,
    pub(crate) related: Vec<Elsewhere>,
    /// Empty for a problem: it can be neither waived nor explained.
    pub(crate) fingerprint: String,
}

/// A second place, in any file.
#[derive(Clone, Debug)]
pub(crate) struct Elsewhere {
    file: String,
    start: (usize, usize),
    end: (usize, usize),
    message: String,
}

/// What concerns one source, in the order of the text.
pub(crate) fn shown(judged: &Judged, source: &str, encoding: Encoding) -> Vec<Shown> {
    let mut all: Vec<Shown> = judged
        .problems
        .iter()
        .filter(|problem| problem.source == source)
        .map(|problem| {
            let hint = problem.problem.hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
            // A template is no mistake of its author.
            let template = problem.problem.message.contains("unrendered Helm template");
            let error = problem.problem.severity == ironclad_tree::Severity::Error && !template;
            Shown {
                span: problem.problem.span,
                code: problem.problem.code.to_owned(),
                severity: if error { Severity::High } else { Severity::Low },
                message: format!("{}{hint}", problem.problem.message),
                label: None,
                anchor: None,
                fixes: Vec::new(),
                related: Vec::new(),
                fingerprint: String::new(),
            }
        })
        .collect();
    let open = judged.findings.iter().filter(|finding| finding.is_open());
    all.extend(open.filter(|f| f.source_name(&judged.snapshot) == source).map(|f| of_finding(f, judged, encoding)));
    all.sort_by_key(|shown| (shown.span.start, shown.span.end));
    all
}

fn of_finding(finding: &Finding, judged: &Judged, encoding: Encoding) -> Shown {
    let related = finding.related.iter().filter_map(|related| {
        let object = judged.snapshot.object(related.object)?;
        let (source, span) = object.edited_at(&related.place);
        let lines = Lines::new(source.text());
        let at = |offset: u32| lines.position(offset as usize, encoding);
        let file = uri::of_path(Path::new(&**source.name()));
        Some(Elsewhere { file, start: at(span.start), end: at(span.end), message: related.message.to_string() })
    });
    // The way from what is rendered to what is edited: the template that prints a value.
    let steps = finding.rendered_from.split_last().map_or(&[][..], |(_, before)| before).iter().map(|link| {
        let lines = Lines::new(link.source.text());
        let at = |offset: u32| lines.position(offset as usize, encoding);
        let file = uri::of_path(Path::new(&**link.source.name()));
        let message = link.role.as_str().to_owned();
        Elsewhere { file, start: at(link.span.start), end: at(link.span.end), message }
    });
    let related = related.chain(steps);
    let anchor = match judged.snapshot.object(finding.object).filter(|_| finding.elsewhere.is_none()) {
        Some(_) if !finding.rendered_from.is_empty() => None,
        Some(object) if object.document().is_json() => None,
        Some(object) => {
            let document = object.document();
            let key = document.entry_of(finding.place.node).map(|entry| entry.key_start());
            let start = key.unwrap_or_else(|| document.node(finding.place.node).span().start);
            Some(start.min(finding.span.start))
        }
        None => Some(finding.span.start),
    };
    Shown {
        span: finding.shown_span(),
        code: finding.check.to_owned(),
        severity: finding.severity,
        message: finding.message.clone(),
        label: finding.label.as_ref().map(ToString::to_string),
        anchor,
        fixes: finding.fixes.iter().map(|fix| fix.title.to_string()).collect(),
        related: related.collect(),
        fingerprint: finding.fingerprint.clone(),
    }
}

impl Shown {
    /// What it is the same by in another judgement: of a problem its words, of a finding its fingerprint.
    pub(crate) fn key(&self) -> (String, String) {
        let own = if self.fingerprint.is_empty() { &self.message } else { &self.fingerprint };
        (self.code.clone(), own.clone())
    }

    /// Follows the text through a replacement of `start..end` by `length` bytes; false where nothing is left of it.
    pub(crate) fn moved(&mut self, start: usize, end: usize, length: usize) -> bool {
        let behind = |at: u32| (at as usize - end + start + length).min(u32::MAX as usize) as u32;
        let span = &mut self.span;
        let (own_start, own_end) = (span.start as usize, span.end as usize);
        if let Some(anchor) = self.anchor.as_mut().filter(|anchor| **anchor as usize > start) {
            *anchor = if *anchor as usize >= end { behind(*anchor) } else { start as u32 };
        }
        if own_end <= start {
            return true;
        }
        if own_start >= end {
            *span = Span { start: behind(span.start), end: behind(span.end) };
            return true;
        }
        if start <= own_start && own_end <= end {
            return false;
        }
        span.start = if own_start < start { span.start } else { (start + length) as u32 };
        span.end = if own_end >= end { behind(span.end) } else { start as u32 };
        true
    }

    /// Does it touch these bytes? An empty range touches what it stands in or beside.
    pub(crate) fn touches(&self, start: usize, end: usize) -> bool {
        let (own_start, own_end) = (self.span.start as usize, self.span.end as usize);
        start <= own_end && end >= own_start
    }

    /// The protocol's diagnostic.
    pub(crate) fn diagnostic(&self, lines: &Lines<'_>, encoding: Encoding, catalogue: &Catalogue) -> Value {
        let severity = match self.severity {
            Severity::Critical | Severity::High => 1,
            Severity::Medium => 2,
            Severity::Low => 3,
            Severity::Info => 4,
        };
        let message = match &self.label {
            Some(label) => format!("{}: {label}", self.message),
            None => self.message.clone(),
        };
        let mut diagnostic = json!({
            "range": range(lines, self.span, encoding),
            "severity": severity,
            "code": self.code,
            "source": "ironclad",
            "message": message,
        });
        if catalogue.get(&self.code).is_some() {
            diagnostic["codeDescription"] = json!({"href": format!("{PAGES}/{}.md", self.code)});
            diagnostic["data"] = json!({"fingerprint": self.fingerprint});
        }
        if !self.related.is_empty() {
            let related = self.related.iter().map(|place| {
                json!({
                    "location": {"uri": place.file, "range": between(place.start, place.end)},
                    "message": place.message,
                })
            });
            diagnostic["relatedInformation"] = related.collect();
        }
        diagnostic
    }
}

/// A span as the protocol's range.
pub(crate) fn range(lines: &Lines<'_>, span: Span, encoding: Encoding) -> Value {
    let at = |offset: u32| lines.position(offset as usize, encoding);
    between(at(span.start), at(span.end.max(span.start)))
}

fn between(start: (usize, usize), end: (usize, usize)) -> Value {
    json!({
        "start": {"line": start.0, "character": start.1},
        "end": {"line": end.0, "character": end.1},
    })
}
