//! What a run yields: findings, problems, and what was seen.

use crate::{Finding, Severity, Snapshot};
use ironclad_tree::{Problem, Source, Span};
use std::sync::{Arc, OnceLock};

/// One argument or walked file, and what it held.
#[derive(Clone, Debug)]
pub struct Input {
    /// Name as in locations.
    pub source: String,
    /// Kubernetes objects found in it.
    pub objects: usize,
}

/// A problem of reading, with the text it is about where there is one.
#[derive(Clone, Debug)]
pub struct ReportedProblem {
    /// Name of the source (a file, `<stdin>`).
    pub source: String,
    /// Its text, for the excerpt and the line number.
    pub text: Option<Arc<Source>>,
    /// What and where; the span counts only where there is a text.
    pub problem: Problem,
}

/// A check that panicked on an object.
#[derive(Clone, Debug)]
pub struct CheckFailure {
    /// Id of the check.
    pub check: &'static str,
    /// The object, as `Kind namespace/name`.
    pub object: String,
    /// What it said.
    pub message: String,
}

/// A check that could not see what it needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotObserved {
    /// Id of the check.
    pub check: &'static str,
    /// Why.
    pub reason: String,
}

/// What an object that deploys others says, and was not done: what it names is not here, or is not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotFollowed {
    /// Name of the source.
    pub source: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// The object, as `Kind namespace/name`.
    pub object: String,
    /// Why.
    pub reason: String,
}

/// A chart that prints what differs on every run of Helm: what is judged stands for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StandIn {
    /// Name of the chart's folder.
    pub source: String,
    /// The template functions, sorted.
    pub functions: Vec<&'static str>,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Objects judged.
    pub objects: usize,
    /// Checks run.
    pub checks: usize,
    /// Checks that could not see what they need.
    pub not_observed: Vec<NotObserved>,
    /// Files that are not Kubernetes, by reason.
    pub skipped: Vec<(String, Vec<String>)>,
    /// What objects say that deploy others, and was not done.
    pub not_followed: Vec<NotFollowed>,
    /// Charts whose output stands for something random, secret or of the moment.
    pub stand_ins: Vec<StandIn>,
}

/// The outcome of a run: findings + problems + coverage. Silence is never success: any problem makes exit code 2.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Every input with its number of objects.
    pub inputs: Vec<Input>,
    /// Sorted by source, line, column, check, pointer, message.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub problems: Vec<ReportedProblem>,
    /// What could not be judged.
    pub failures: Vec<CheckFailure>,
    /// What was seen.
    pub coverage: Coverage,
    /// What no report may show besides that: secrets of findings that the report does not hold, parts of texts that could
    /// not be read.
    pub hidden: Vec<(Arc<Source>, Vec<Span>)>,
    /// Sources that hold secrets, with the text that may be shown of each. Found out on first need.
    pub masked: OnceLock<Vec<(Arc<Source>, Arc<Source>)>>,
}

impl Report {
    /// What a report may show of a source: the text with every secret of every finding hidden.
    pub fn shown<'a>(&'a self, snapshot: &'a Snapshot, source: &'a Arc<Source>) -> &'a Arc<Source> {
        let masked = self.masked.get_or_init(|| self.mask(snapshot));
        masked.iter().find(|(whole, _)| Arc::ptr_eq(whole, source)).map_or(source, |(_, shown)| shown)
    }

    fn mask(&self, snapshot: &Snapshot) -> Vec<(Arc<Source>, Arc<Source>)> {
        let of_findings = self.findings.iter().filter(|finding| !finding.hidden.is_empty());
        let of_findings = of_findings.filter_map(|finding| Some((finding.source(snapshot)?, &finding.hidden)));
        let mut all: Vec<(&Arc<Source>, &Vec<Span>)> =
            of_findings.chain(self.hidden.iter().map(|(source, spans)| (source, spans))).collect();
        // The order of addresses shows nowhere: each source is looked up by its own.
        all.sort_by_key(|(source, _)| Arc::as_ptr(source));
        let mut hidden: Vec<(&Arc<Source>, Vec<Span>)> = Vec::new();
        for (source, spans) in all {
            match hidden.last_mut().filter(|(known, _)| Arc::ptr_eq(known, source)) {
                Some((_, known)) => known.extend(spans),
                None => hidden.push((source, spans.clone())),
            }
        }
        hidden.into_iter().map(|(source, spans)| (Arc::clone(source), source.masked(&spans))).collect()
    }

    /// Open findings of each severity, worst first.
    pub fn open(&self) -> [(Severity, usize); 5] {
        Severity::ALL
            .map(|severity| (severity, self.findings.iter().filter(|f| f.is_open() && f.severity == severity).count()))
    }

    /// Did anything keep the judgement from being complete?
    pub fn is_incomplete(&self) -> bool {
        !self.failures.is_empty() || self.problems.iter().any(|p| p.problem.severity == ironclad_tree::Severity::Error)
    }
}
