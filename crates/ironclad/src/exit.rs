//! The exit code, decided in one place (INTERFACE.md, "Global flags and exit codes").

use ironclad_model::{Report, Severity};
use std::process::ExitCode;

/// How the process ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// It ran, and nothing reaches the threshold.
    Clean,
    /// It ran to the end, and something does (or the answer is no).
    Findings,
    /// It could not do all of what it was asked.
    Incomplete,
    /// A panic escaped.
    Panicked,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Incomplete => 2,
            Exit::Panicked => 101,
        })
    }
}

impl Exit {
    /// The verdict on a scan: incomplete beats findings; only open findings count; without a threshold
    /// (`--fail-on never`) findings never fail.
    pub fn of(report: &Report, fail_on: Option<Severity>) -> Exit {
        if report.is_incomplete() {
            return Exit::Incomplete;
        }
        let reaches = |threshold| report.findings.iter().any(|f| f.is_open() && f.severity >= threshold);
        if fail_on.is_some_and(reaches) { Exit::Findings } else { Exit::Clean }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_model::{CheckFailure, ReportedProblem};
    use ironclad_testkit::snapshot;

    /// A report with one finding of this severity, made by the runner itself.
    fn report(severity: Option<Severity>, open: bool, problem: Option<ironclad_tree::Severity>) -> Report {
        let mut report = Report::default();
        if let Some(severity) = severity {
            let snapshot =
                snapshot("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: true}\n");
            let selection = ironclad_check::Selection {
                select: vec!["workload/host-pid".to_owned()],
                ..ironclad_check::Selection::default()
            };
            let mut enabled = selection.resolve(&crate::catalogue()).unwrap();
            enabled[0].severity = Some(severity);
            let config = ironclad_check::RunConfig { enabled, version: 37, ..Default::default() };
            report.findings = ironclad_check::run(&snapshot, &config).findings;
            assert_eq!(report.findings.len(), 1);
            if !open {
                report.findings[0].status = ironclad_model::Status::Baselined;
            }
        }
        if let Some(severity) = problem {
            report.problems.push(ReportedProblem {
                source: "b.yaml".to_owned(),
                text: None,
                problem: ironclad_tree::Problem {
                    code: "input/io",
                    severity,
                    span: ironclad_tree::Span { start: 0, end: 0 },
                    message: "cannot be read".to_owned(),
                    hint: None,
                },
            });
        }
        report
    }

    #[test]
    fn every_combination() {
        let severities =
            [None, Some(Severity::Info), Some(Severity::Medium), Some(Severity::High), Some(Severity::Critical)];
        let problems = [None, Some(ironclad_tree::Severity::Warning), Some(ironclad_tree::Severity::Error)];
        let thresholds = [None, Some(Severity::Low), Some(Severity::High)];
        for severity in severities {
            for open in [true, false] {
                for problem in problems {
                    for threshold in thresholds {
                        let expected = match (problem, severity, threshold) {
                            (Some(ironclad_tree::Severity::Error), ..) => Exit::Incomplete,
                            (_, Some(severity), Some(threshold)) if open && severity >= threshold => Exit::Findings,
                            _ => Exit::Clean,
                        };
                        let report = report(severity, open, problem);
                        assert_eq!(
                            Exit::of(&report, threshold),
                            expected,
                            "{severity:?} {open} {problem:?} {threshold:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_failed_check_is_incomplete() {
        let mut report = report(None, true, None);
        report.failures.push(CheckFailure {
            check: "workload/privileged",
            object: "Pod a".to_owned(),
            message: "index out of bounds".to_owned(),
        });
        assert_eq!(Exit::of(&report, None), Exit::Incomplete);
    }
}
