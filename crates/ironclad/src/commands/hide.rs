//! What no report shows, whatever was asked for: secrets that the run's own checks found, those that the checks of
//! secrets would have found had they been selected, and what looks like one on a line that an excerpt shows.

use super::judge::Session;
use ironclad_check::{Enabled, Params, Profile, RunConfig, run};
use ironclad_leak::{SecretName, assignments, find, judge, name_of_secret};
use ironclad_model::{Finding, ReportedProblem, Snapshot};
use ironclad_tree::{Source, Span};
use std::ops::Range;
use std::sync::Arc;

/// Parts of texts.
pub(crate) type Hidden = Vec<(Arc<Source>, Vec<Span>)>;

/// The secrets of the objects. `findings` are those of the run before anything was filtered.
pub(crate) fn in_objects(findings: &[Finding], session: &Session, snapshot: &Snapshot) -> Hidden {
    let mut hidden = of(findings, snapshot);
    let is_enabled = |id: &str| session.run.enabled.iter().any(|enabled| enabled.check.meta.id == id);
    let silent: Vec<Enabled> = session
        .catalogue
        .checks()
        .iter()
        .filter(|check| check.meta.domain() == "secrets" && check.meta.profile != Profile::OptIn)
        .filter(|check| !is_enabled(check.meta.id))
        .map(|check| Enabled { check, severity: None, params: Params::defaults(check.meta.params) })
        .collect();
    if !silent.is_empty() {
        let config =
            RunConfig { enabled: silent, pss: None, forget_edits: true, is_offered: None, ..session.run.clone() };
        hidden.extend(of(&run(snapshot, &config).findings, snapshot));
    }
    hidden
}

fn of(findings: &[Finding], snapshot: &Snapshot) -> Hidden {
    let with_secret = findings.iter().filter(|finding| !finding.hidden.is_empty());
    with_secret.filter_map(|finding| Some((Arc::clone(finding.source(snapshot)?), finding.hidden.clone()))).collect()
}

/// What looks like a secret on the lines that excerpts show: fields of custom kinds, and texts that could not be read, which
/// no check of secrets sees.
pub(crate) fn in_excerpts(findings: &[Finding], problems: &[ReportedProblem], snapshot: &Snapshot) -> Hidden {
    let mut hidden: Hidden = Vec::new();
    let mut last: Option<(&Arc<Source>, u32)> = None;
    for finding in findings {
        let Some(source) = finding.source(snapshot) else { continue };
        let line = source.position(finding.shown_span().start).line;
        // Findings are in the order of their lines.
        if !last.is_some_and(|(known, before)| Arc::ptr_eq(known, source) && before == line) {
            hidden.extend(on_line(source, line, false));
        }
        last = Some((source, line));
    }
    for problem in problems {
        if let Some(source) = &problem.text {
            hidden.extend(on_line(source, source.position(problem.problem.span.start).line, true));
        }
    }
    hidden
}

/// The parts of a line that look like secrets. Of a text that is broken the whole value of a secret's name counts, be it a
/// list or what is no value at all.
fn on_line(source: &Arc<Source>, number: u32, is_broken: bool) -> Option<(Arc<Source>, Vec<Span>)> {
    let text_of = |number: u32| source.text().get(source.line_range(number)).unwrap_or_default();
    let line = text_of(number);
    let mut parts: Vec<Range<usize>> = find(line).into_iter().map(|leak| leak.range).collect();
    parts.extend(assignments(line).filter(|part| judge(part.name, part.value).is_some()).map(|part| part.range));
    if let Some((mut name, value)) = entry(line) {
        // An environment variable has its name on the line before.
        if name == "value"
            && let Some((_, variable)) =
                entry(text_of(number.saturating_sub(1).max(1))).filter(|(key, _)| *key == "name")
        {
            name = variable;
        }
        let is_named =
            || is_broken && name_of_secret(name) == Some(SecretName::Certain) && value.starts_with(['[', '{']);
        if judge(name, value).is_some() || is_named() {
            let end = line.trim_end().len();
            parts.push(end - value.len()..end);
        }
    }
    let start = source.line_range(number).start;
    let span = |part: Range<usize>| Span { start: (start + part.start) as u32, end: (start + part.end) as u32 };
    (!parts.is_empty()).then(|| (Arc::clone(source), parts.into_iter().map(span).collect()))
}

/// Key and value of a line, the value to the end of the line.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(": ")?;
    Some((key.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '{' | '"' | '\'')), value.trim()))
}
