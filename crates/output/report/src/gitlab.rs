//! GitLab's Code Quality report: the part of Code Climate's format that the merge request widget reads.
//!
//! Source of the fields: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>. The widget has
//! no notion of a suppressed issue and reports each fingerprint once, so waived and baselined findings are left out and
//! fingerprints are unique.

use crate::{Located, View, position_of};
use ironclad_model::Severity;
use serde::Serialize;
use serde::ser::SerializeSeq;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

struct Issues<'a>(&'a View<'a>);

impl Serialize for Issues<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = self.0;
        let mut sequence = serializer.serialize_seq(None)?;
        let mut seen = HashSet::new();
        for problem in &view.report.problems {
            if problem.problem.severity == ironclad_tree::Severity::Warning {
                continue;
            }
            let line = position_of(problem).map_or(1, |(start, _)| start.line);
            let hint = problem.problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            let description = format!("{}{hint}", problem.problem.message);
            sequence.serialize_element(&Issue {
                fingerprint: fingerprint(&[problem.problem.code, &problem.source, &description], &mut seen),
                description,
                check_name: problem.problem.code,
                severity: "blocker",
                location: Location { path: view.path(&problem.source), lines: Lines { begin: line, end: line } },
            })?;
        }
        for failure in &view.report.failures {
            let description = format!("{} failed on {}: {}", failure.check, failure.object, failure.message);
            sequence.serialize_element(&Issue {
                fingerprint: fingerprint(&["internal/check-failed", &description], &mut seen),
                description,
                check_name: "internal/check-failed",
                severity: "blocker",
                location: Location { path: ".".to_owned(), lines: Lines { begin: 1, end: 1 } },
            })?;
        }
        for located in view.findings().filter(|located| located.finding.is_open()) {
            let finding = located.finding;
            sequence.serialize_element(&Issue {
                description: located.sentence(),
                check_name: finding.check,
                fingerprint: finding.fingerprint.clone(),
                severity: match finding.severity {
                    Severity::Critical => "blocker",
                    Severity::High => "critical",
                    Severity::Medium => "major",
                    Severity::Low => "minor",
                    Severity::Info => "info",
                },
                location: Location {
                    path: path(view, &located),
                    // The format wants a line: of a live object it is its first.
                    lines: Lines { begin: located.start.line, end: located.end.line },
                },
            })?;
        }
        sequence.end()
    }
}

/// The file, or who the live object is.
fn path(view: &View<'_>, located: &Located<'_>) -> String {
    match located.object.filter(|_| !located.has_lines) {
        Some(object) => {
            let namespace = object.namespace().map(|namespace| format!("{namespace}/")).unwrap_or_default();
            format!("{}/{}/{namespace}{}", located.source_name(), object.kind_name(), object.name())
        }
        None => view.path(located.source_name()),
    }
}

pub(crate) fn write(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Issues(view))?;
    out.write_all(b"\n")
}

/// A hash of the parts, and of how often they came before.
fn fingerprint(parts: &[&str], seen: &mut HashSet<String>) -> String {
    let mut ordinal = 0u32;
    loop {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        hasher.update(ordinal.to_le_bytes());
        let hash: String = hasher.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        if seen.insert(hash.clone()) {
            return hash;
        }
        ordinal += 1;
    }
}
