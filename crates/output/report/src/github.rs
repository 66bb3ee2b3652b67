//! Workflow commands of GitHub Actions: an annotation for each open finding and each problem.

use crate::{View, position_of};
use ironclad_model::Severity;
use std::io;

pub(crate) fn write(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    for located in view.findings().filter(|located| located.finding.is_open()) {
        let finding = located.finding;
        let command = match finding.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low | Severity::Info => "notice",
        };
        // GitHub refuses columns where a range spans lines.
        let columns = if located.start.line == located.end.line {
            format!(",col={},endColumn={}", located.start.column, located.end.column)
        } else {
            String::new()
        };
        let object = located.object.map(|object| format!(" ({})", object.identity())).unwrap_or_default();
        writeln!(
            out,
            "::{command} file={},line={},endLine={}{columns},title={}::{}",
            property(located.source_name()),
            located.start.line,
            located.end.line,
            property(finding.check),
            data(&format!("{}{object}", finding.message)),
        )?;
    }
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
            property(&problem.source),
            place.unwrap_or_default(),
            property(problem.problem.code),
            data(&format!("{}{hint}", problem.problem.message)),
        )?;
    }
    for failure in &view.report.failures {
        let message = format!("{} failed on {}: {}", failure.check, failure.object, failure.message);
        writeln!(out, "::error title=internal/check-failed::{}", data(&message))?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
