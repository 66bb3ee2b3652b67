//! JUnit's XML: a suite for each source, a case for each check that fired on an object; what a check could not see is a
//! case that is skipped.

use crate::{Located, View, position_of};
use ironclad_model::Status;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;
use std::io;

pub(crate) fn write(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut report = Report::new("ironclad");
    // The loader's order is sorted by name; so are the suites.
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    let mut cases: BTreeMap<(&str, &str, String), Vec<Located<'_>>> = BTreeMap::new();
    let located: Vec<Located<'_>> = view.findings().collect();
    for input in &view.report.inputs {
        suites.insert(&input.source, TestSuite::new(input.source.as_str()));
    }
    for located in located {
        let source = located.source.map(|source| &**source.name()).unwrap_or_default();
        let object = located.object.map(|object| object.identity().to_string()).unwrap_or_default();
        cases.entry((source, located.finding.check, object)).or_default().push(located);
    }
    for ((source, check, object), findings) in cases {
        let open: Vec<&Located<'_>> = findings.iter().filter(|l| l.finding.is_open()).collect();
        let mut status;
        if let Some(first) = open.first() {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let lines: Vec<String> = open.iter().map(|l| line(l)).collect();
            status.set_message(first.finding.message.as_str());
            status.set_type(first.finding.severity.as_str());
            status.set_description(lines.join("\n"));
        } else {
            status = TestCaseStatus::skipped();
            if let Some(Status::Waived(waived)) = findings.first().map(|l| &l.finding.status) {
                status.set_message(format!("waived: {}", waived.reason));
            }
        }
        let mut case = TestCase::new(format!("{object}: {check}"), status);
        case.set_classname(check);
        suites.entry(source).or_insert_with(|| TestSuite::new(source)).add_test_case(case);
    }
    for problem in &view.report.problems {
        if problem.problem.severity == ironclad_tree::Severity::Warning {
            continue;
        }
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let place = position_of(problem).map(|(start, _)| format!(":{}:{}", start.line, start.column));
        status.set_message(problem.problem.message.as_str());
        status.set_type(problem.problem.code);
        status.set_description(format!("{}{}", problem.source, place.unwrap_or_default()));
        let mut case = TestCase::new("can be read", status);
        case.set_classname(problem.problem.code);
        let suite = suites.entry(&problem.source).or_insert_with(|| TestSuite::new(problem.source.as_str()));
        suite.add_test_case(case);
    }
    for failure in &view.report.failures {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(failure.message.as_str());
        status.set_type("internal/check-failed");
        let mut case = TestCase::new(format!("{}: {}", failure.object, failure.check), status);
        case.set_classname(failure.check);
        suites.entry("ironclad").or_insert_with(|| TestSuite::new("ironclad")).add_test_case(case);
    }
    for not in &view.report.coverage.not_observed {
        let mut status = TestCaseStatus::skipped();
        status.set_message(format!("not observed: {}", not.reason));
        let mut case = TestCase::new(format!("{}: {}", not.check, not.reason), status);
        case.set_classname(not.check);
        suites.entry("ironclad").or_insert_with(|| TestSuite::new("ironclad")).add_test_case(case);
    }
    for (_, mut suite) in suites {
        if suite.test_cases.is_empty() {
            let mut case = TestCase::new("no finding", TestCaseStatus::success());
            case.set_classname("ironclad");
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    let text = report.to_string().map_err(io::Error::other)?;
    out.write_all(plain(&text).as_bytes())
}

/// What the writer lets through and readers refuse: two characters that XML has not, and an attribute of the root that
/// is in no published schema.
fn plain(text: &str) -> String {
    let mut text = text.replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}");
    let root = text.find("<testsuites").and_then(|start| Some(start..start + text.get(start..)?.find('>')?));
    let attribute = root.and_then(|root| {
        let start = root.start + text.get(root.clone())?.find(" skipped=\"")?;
        let value = start + " skipped=\"".len();
        Some(start..value + text.get(value..root.end)?.find('"')? + 1)
    });
    if let Some(attribute) = attribute {
        text.replace_range(attribute, "");
    }
    text
}

fn line(located: &Located<'_>) -> String {
    let field = located.field().map(|field| format!(" {field}")).unwrap_or_default();
    format!("{}{field}: {}: {}", located.at(), located.finding.severity, located.finding.message)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_no_schema_knows_is_left_out_at_the_root_only() {
        for (text, expected) in [
            ("<testsuites name=\"a\" skipped=\"3\" errors=\"0\">", "<testsuites name=\"a\" errors=\"0\">"),
            ("<testsuites name=\"a\"><testsuite skipped=\"3\">", "<testsuites name=\"a\"><testsuite skipped=\"3\">"),
            ("<x>\u{FFFE}\u{FFFF}\u{1FFFE}", "<x>\u{FFFD}\u{FFFD}\u{1FFFE}"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }
}
