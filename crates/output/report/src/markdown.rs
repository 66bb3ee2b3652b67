//! Markdown (GitHub's flavour) for a comment on a pull request or a job's summary: what could not be judged, then
//! tables of findings, the worst first, then what is waived and what could not be seen.
//!
//! A comment on GitHub holds 65,536 characters. Unless everything is asked for, rows stop before that, and the text
//! says how many are left out. Names from manifests are escaped: they make no link, mention, tag or table cell.

use crate::{Located, View, inline, position_of};
use ironclad_model::{Severity, Status};
use std::fmt::Write as _;
use std::io;

/// Room for rows, in bytes; below GitHub's limit by what stands around them.
const ROOM: usize = 56_000;

pub(crate) fn write(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = String::from("## ironclad\n\n");
    summary(view, &mut text);
    let mut room = if view.options.verbose { usize::MAX } else { ROOM };
    errors(view, &mut room, &mut text);
    let open: Vec<Located<'_>> = view.findings().filter(|located| located.finding.is_open()).collect();
    let mut left_out = 0;
    for severity in Severity::ALL {
        let members: Vec<&Located<'_>> = open.iter().filter(|l| l.finding.severity == severity).collect();
        if members.is_empty() {
            continue;
        }
        let mut table = format!(
            "\n### {severity} ({})\n\n| finding | object | where | check |\n|---|---|---|---|\n",
            members.len()
        );
        let mut rows = 0;
        for located in &members {
            let row = finding_row(view, located);
            if row.len() > room {
                break;
            }
            room -= row.len();
            rows += 1;
            table.push_str(&row);
        }
        left_out += members.len() - rows;
        if rows > 0 {
            text.push_str(&table);
        }
    }
    if left_out > 0 {
        let _ = write!(
            text,
            "\n**{left_out} more findings** do not fit into a comment: `-v` writes them all, `--format html` a page to search.\n"
        );
    }
    waived(view, &mut room, &mut text);
    not_observed(view, &mut room, &mut text);
    out.write_all(text.as_bytes())
}

fn summary(view: &View<'_>, out: &mut String) {
    let report = view.report;
    let open = report.open();
    let total: usize = open.iter().map(|(_, count)| count).sum();
    if report.is_incomplete() {
        out.push_str("**The judgement is not complete:** something could not be read or judged.\n\n");
    } else if total == 0 {
        out.push_str("**No findings.**\n\n");
    }
    out.push_str("| critical | high | medium | low | info | waived | objects | checks |\n|---:|---:|---:|---:|---:|---:|---:|---:|\n|");
    for (_, count) in open {
        let _ = write!(out, " {count} |");
    }
    let waived = report.findings.iter().filter(|f| matches!(f.status, Status::Waived(_))).count();
    let _ = writeln!(out, " {waived} | {} | {} |", report.coverage.objects, report.coverage.checks);
    let baselined = report.findings.iter().filter(|f| f.status == Status::Baselined).count();
    if baselined > 0 {
        let _ = writeln!(out, "\n{baselined} findings were known when the baseline was written.");
    }
}

fn errors(view: &View<'_>, room: &mut usize, out: &mut String) {
    let unread = view.report.problems.iter().map(|problem| {
        let place = position_of(problem).map(|(start, _)| format!(":{}:{}", start.line, start.column));
        let hint = problem.problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!(
            "| {} | {} | {} |\n",
            cell(&format!("{}{hint}", problem.problem.message)),
            code(&format!("{}{}", problem.source, place.unwrap_or_default())),
            code(problem.problem.code)
        )
    });
    let failed = view.report.failures.iter().map(|failure| {
        let message = format!("{} failed: {}", failure.check, failure.message);
        format!("| {} | {} | {} |\n", cell(&message), cell(&failure.object), code("internal/check-failed"))
    });
    let rows: Vec<String> = unread.chain(failed).collect();
    if rows.is_empty() {
        return;
    }
    let _ = write!(out, "\n### could not be judged ({})\n\n| problem | where | code |\n|---|---|---|\n", rows.len());
    let mut written = 0;
    for row in &rows {
        if row.len() > *room / 2 {
            break;
        }
        *room -= row.len();
        written += 1;
        out.push_str(row);
    }
    if written < rows.len() {
        let _ = write!(out, "\n**{} more** do not fit: `-v` writes them all.\n", rows.len() - written);
    }
}

fn finding_row(view: &View<'_>, located: &Located<'_>) -> String {
    let finding = located.finding;
    let place = match located.field() {
        Some(field) => format!("{} {field}", located.source_name()),
        None => format!("{}:{}", view.path(located.source_name()), located.start.line),
    };
    let title = finding.safest_fix().map(|fix| format!("<br>fix: {}", cell(&fix.title))).unwrap_or_default();
    format!(
        "| {}{title} | {} | {} | {} |\n",
        cell(&finding.message),
        located.object.map(|object| cell(&object.identity().to_string())).unwrap_or_default(),
        code(&place),
        code(finding.check)
    )
}

/// What no check could see: no finding, and no pass either.
fn not_observed(view: &View<'_>, room: &mut usize, out: &mut String) {
    let rows = view.report.coverage.not_observed.iter();
    let rows: Vec<String> = rows.map(|not| format!("| {} | {} |\n", code(not.check), cell(&not.reason))).collect();
    fold("not observed", "| check | reason |\n|---|---|\n", &rows, room, out);
}

/// Rows that a click unfolds, as far as there is room.
fn fold(title: &str, head: &str, rows: &[String], room: &mut usize, out: &mut String) {
    if rows.is_empty() {
        return;
    }
    let _ = write!(out, "\n<details><summary>{title} ({})</summary>\n\n{head}", rows.len());
    let mut written = 0;
    for row in rows {
        if row.len() > *room {
            break;
        }
        *room -= row.len();
        written += 1;
        out.push_str(row);
    }
    out.push_str("\n</details>\n");
    if written < rows.len() {
        let _ = write!(out, "\n{} more are {title}: `-v` writes them all.\n", rows.len() - written);
    }
}

fn waived(view: &View<'_>, room: &mut usize, out: &mut String) {
    let mut rows = Vec::new();
    for located in view.findings() {
        if let Status::Waived(waived) = &located.finding.status {
            rows.push(format!(
                "| {} | {} | {} | {} | {} |\n",
                cell(&located.sentence()),
                code(located.finding.check),
                cell(&waived.reason),
                waived.by.as_deref().map(cell).unwrap_or_default(),
                waived.expires.map(|date| date.to_string()).unwrap_or_default()
            ));
        }
    }
    let head = "| finding | check | reason | by | until |\n|---|---|---|---|---|\n";
    fold("waived", head, &rows, room, out);
}

/// A message inside a table cell.
fn cell(text: &str) -> String {
    inline::pieces(text).map(|(is_code, piece)| if is_code { code(piece) } else { words(piece) }).collect()
}

/// Words of which no character means anything to Markdown, HTML, or a search for mentions and issues.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c if inline::misleads(c) => out.push(' '),
            c => out.push(c),
        }
    }
    // A bare address would become a link.
    out.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")
}

/// A code span; what a fence cannot hold is replaced.
fn code(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '`' => '\'',
            c if inline::misleads(c) => ' ',
            c => c,
        })
        .collect();
    if plain.trim().is_empty() {
        return String::new();
    }
    // The table is split before code spans are: a pipe is escaped even there.
    format!("`{}`", plain.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_stranger_is_markup() {
        assert_eq!(cell("a|b `c|d` <img src=x>"), "a\\|b `c\\|d` &lt;img src=x&gt;");
        assert_eq!(cell("ping @team in #12 at https://evil"), "ping &#64;team in &#35;12 at https:&#47;&#47;evil");
        assert_eq!(cell("two\nlines ` alone"), "two lines \\` alone");
        assert_eq!(code("`"), "`'`");
    }
}
