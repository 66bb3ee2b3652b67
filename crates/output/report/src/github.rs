//! Workflow commands of GitHub Actions: an annotation for each problem and each open finding, and one for what checks
//! could not see.
//!
//! A step shows ten errors and ten warnings, the first that it prints: so what could not be judged comes first, and of
//! findings the worst.

use crate::{Located, View, position_of};
use ironclad_model::Severity;
use std::io;

/// An annotation is read at a glance.
const MOST_REASONS: usize = 8;

pub(crate) fn write(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    for problem in &view.report.problems {
        let command = match problem.problem.severity {
            ironclad_tree::Severity::Error => "error",
            ironclad_tree::Severity::Warning => "warning",
        };
        let place = position_of(problem).map(|(start, _)| format!(",line={},col={}", start.line, start.column));
        let hint = problem.problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        writeln!(
            out,
            "::{command} file={}{},title={}::{}",
            property(&view.path(&problem.source)),
            place.unwrap_or_default(),
            property(problem.problem.code),
            data(&format!("{}{hint}", problem.problem.message)),
        )?;
    }
    for failure in &view.report.failures {
        let message = format!("{} failed on {}: {}", failure.check, failure.object, failure.message);
        writeln!(out, "::error title=internal/check-failed::{}", data(&message))?;
    }
    let mut open: Vec<Located<'_>> = view.findings().filter(|located| located.finding.is_open()).collect();
    open.sort_by_key(|located| std::cmp::Reverse(located.finding.severity));
    for located in &open {
        let finding = located.finding;
        let command = match finding.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low | Severity::Info => "notice",
        };
        if !located.has_lines {
            // An annotation without a file stands at the job.
            let text = format!("{}: {}", located.source_name(), located.sentence());
            writeln!(out, "::{command} title={}::{}", property(finding.check), data(&text))?;
            continue;
        }
        // GitHub refuses columns where a range spans lines.
        let columns = if located.start.line == located.end.line {
            format!(",col={},endColumn={}", located.start.column, located.end.column)
        } else {
            String::new()
        };
        writeln!(
            out,
            "::{command} file={},line={},endLine={}{columns},title={}::{}",
            property(&view.path(located.source_name())),
            located.start.line,
            located.end.line,
            property(finding.check),
            data(&located.sentence()),
        )?;
    }
    let not_observed = &view.report.coverage.not_observed;
    if !not_observed.is_empty() {
        let mut parts: Vec<String> =
            not_observed.iter().take(MOST_REASONS).map(|not| format!("{}: {}", not.check, not.reason)).collect();
        if not_observed.len() > MOST_REASONS {
            parts.push(format!("and {} more", not_observed.len() - MOST_REASONS));
        }
        writeln!(out, "::notice title=not observed::{}", data(&parts.join("\n")))?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
