//! The catalogue of the specification against ours: every row is a check of this severity, this profile and this kind
//! of fix.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_check::FixKind;
use ironclad_testkit::{skipped, specification};

/// Rows that we differ from on purpose: the id, what differs (`severity`, `profile`, `fix`), what is ours, and why. A
/// difference that is none any more fails the test.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[];

/// A row: `| `id` | severity | profile | fails when | fix |`.
struct Row {
    id: String,
    severity: String,
    profile: String,
    fix: String,
}

fn rows(text: &str) -> Vec<Row> {
    text.lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.strip_prefix('|')?.trim_end().strip_suffix('|')?.split('|').collect();
            let [id, severity, profile, .., fix] = cells.as_slice() else { return None };
            let id = id.trim().strip_prefix('`')?.strip_suffix('`')?;
            let cell = |text: &str| text.trim().to_owned();
            Some(Row { id: id.to_owned(), severity: cell(severity), profile: cell(profile), fix: cell(fix) })
        })
        .collect()
}

/// The kinds of fix that the words of a row allow.
fn fix_kinds(words: &str) -> &'static [FixKind] {
    match words {
        "no" => &[FixKind::None],
        words if words.starts_with("no ") && words.contains("--unsafe") => &[FixKind::Unsafe],
        words if words.starts_with("no ") => &[FixKind::None],
        words if words.contains("flag") => &[FixKind::Value],
        _ => &[FixKind::Safe, FixKind::Unsafe],
    }
}

#[test]
fn every_row_of_the_specification_is_a_check_as_the_row_says() {
    let Some(page) = specification("workload-checks.md") else {
        return skipped("catalogue", "the specification is not on this machine");
    };
    let rows = rows(&std::fs::read_to_string(page).unwrap());
    assert!(rows.len() >= 175, "the table has {} rows", rows.len());
    let catalogue = ironclad::catalogue();
    let mut faults = Vec::new();
    let mut used = 0;
    for row in &rows {
        let Some(meta) = catalogue.get(&row.id).map(|check| check.meta) else {
            faults.push(format!("{}: there is no such check", row.id));
            continue;
        };
        let mut compare = |what: &str, same: bool, wanted: &str, ours: String| {
            let listed = DIFFERENCES.iter().any(|(id, of, value, _)| *id == row.id && *of == what && *value == ours);
            used += usize::from(listed);
            if same == listed {
                faults.push(format!("{}: {what} is {ours}, the row says {wanted} (listed: {listed})", row.id));
            }
        };
        let severity = meta.severity.as_str();
        compare("severity", severity == row.severity, &row.severity, severity.to_owned());
        let letter = meta.profile.letter();
        compare("profile", row.profile.starts_with(letter), &row.profile, letter.to_string());
        compare("fix", fix_kinds(&row.fix).contains(&meta.fix), &row.fix, format!("{:?}", meta.fix));
        // `B1.34`: the baseline demands it from that version on.
        if let Some(since) = row.profile.strip_prefix("B1.") {
            let ours: Vec<String> = meta.pss.iter().map(|pss| pss.since.to_string()).collect();
            compare("version", ours.iter().all(|version| version == since), since, ours.join(", "));
        }
    }
    assert_eq!(used, DIFFERENCES.len(), "a difference is listed that is none");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
