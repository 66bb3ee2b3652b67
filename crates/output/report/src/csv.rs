//! CSV (RFC 4180): a row for each finding, and one for each error, so that no table looks cleaner than the run was.
//!
//! The first line names the columns; columns are only ever added at the end. A cell that a spreadsheet would take for
//! a formula begins with an apostrophe: names in manifests come from strangers.

use crate::{View, position_of};
use ironclad_model::Status;
use std::io;

const COLUMNS: &[&str] = &[
    "status",
    "severity",
    "check",
    "message",
    "kind",
    "namespace",
    "name",
    "container",
    "path",
    "source",
    "line",
    "column",
    "end_line",
    "end_column",
    "fixable",
    "fingerprint",
    "waiver_reason",
    "waiver_by",
    "waiver_expires",
    "waiver_source",
];

pub(crate) fn write(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    row(COLUMNS.iter().map(|column| (*column).to_owned()), out)?;
    for problem in &view.report.problems {
        let severity = match problem.problem.severity {
            ironclad_tree::Severity::Error => "error",
            ironclad_tree::Severity::Warning => "warning",
        };
        let mut cells = vec![String::new(); COLUMNS.len()];
        cells[0] = severity.to_owned();
        cells[2] = problem.problem.code.to_owned();
        cells[3].clone_from(&problem.problem.message);
        cells[9].clone_from(&problem.source);
        if let Some((start, end)) = position_of(problem) {
            cells[10] = start.line.to_string();
            cells[11] = start.column.to_string();
            cells[12] = end.line.to_string();
            cells[13] = end.column.to_string();
        }
        row(cells, out)?;
    }
    for failure in &view.report.failures {
        let mut cells = vec![String::new(); COLUMNS.len()];
        cells[0] = "error".to_owned();
        cells[2] = "internal/check-failed".to_owned();
        cells[3] = format!("{} failed on {}: {}", failure.check, failure.object, failure.message);
        row(cells, out)?;
    }
    for located in view.findings() {
        let finding = located.finding;
        let object = located.object;
        let (status, waived) = match &finding.status {
            Status::Open => ("open", None),
            Status::Baselined => ("baselined", None),
            Status::Waived(waived) => ("waived", Some(waived)),
        };
        let text = |text: &str| text.to_owned();
        let number = |number: u32| if located.has_lines { number.to_string() } else { String::new() };
        row(
            [
                text(status),
                text(finding.severity.as_str()),
                text(finding.check),
                finding.message.clone(),
                object.map(|object| text(object.kind_name())).unwrap_or_default(),
                object.and_then(|object| object.namespace()).unwrap_or_default().to_owned(),
                object.map(|object| text(object.name())).unwrap_or_default(),
                finding.container.clone().unwrap_or_default(),
                finding.pointer.clone(),
                text(located.source_name()),
                number(located.start.line),
                number(located.start.column),
                number(located.end.line),
                number(located.end.column),
                finding.is_fixable().to_string(),
                finding.fingerprint.clone(),
                waived.map(|waived| waived.reason.clone()).unwrap_or_default(),
                waived.and_then(|waived| waived.by.clone()).unwrap_or_default(),
                waived.and_then(|waived| waived.expires).map(|date| date.to_string()).unwrap_or_default(),
                waived.map(|waived| waived.source.clone()).unwrap_or_default(),
            ],
            out,
        )?;
    }
    Ok(())
}

fn row(cells: impl IntoIterator<Item = String>, out: &mut dyn io::Write) -> io::Result<()> {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        out.write_all(quoted(&cell).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let guard = if formula { "'" } else { "" };
    if formula || cell.contains(['"', ',', '\r', '\n']) || cell.starts_with(' ') || cell.ends_with(' ') {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("@sum(1)", "\"'@sum(1)\""),
            ("-1+2", "\"'-1+2\""),
            ("", ""),
        ] {
            assert_eq!(quoted(cell), expected);
        }
    }
}
