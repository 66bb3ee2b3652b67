//! How this crate says what is wrong.

use ironclad_model::ReportedProblem;
use ironclad_tree::{Problem, Severity, Source, Span};
use std::sync::Arc;

/// A problem of a chart as a whole.
pub(crate) fn of_file(source: &str, message: impl Into<String>, hint: &str) -> ReportedProblem {
    problem(source, None, Span { start: 0, end: 0 }, message, hint)
}

/// A problem at a place.
pub(crate) fn at(text: &Arc<Source>, span: Span, message: impl Into<String>, hint: &str) -> ReportedProblem {
    problem(text.name(), Some(Arc::clone(text)), span, message, hint)
}

fn problem(
    source: &str,
    text: Option<Arc<Source>>,
    span: Span,
    message: impl Into<String>,
    hint: &str,
) -> ReportedProblem {
    ReportedProblem {
        source: source.to_owned(),
        text,
        problem: Problem {
            code: "input/helm",
            severity: Severity::Error,
            span,
            message: message.into(),
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
        },
    }
}

/// The same as a warning: nothing is missing, and something is odd.
pub(crate) fn warning(mut problem: ReportedProblem) -> ReportedProblem {
    problem.problem.severity = Severity::Warning;
    problem
}
