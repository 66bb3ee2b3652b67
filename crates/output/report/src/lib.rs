//! Findings out: for people, scripts, code scanning, CI.
//!
//! [`write`] turns a [`View`] (a report, its objects, the catalogue) into one of the [`Format`]s. Machine formats hold
//! nothing that depends on the run (no time, no colour), so equal input gives equal bytes. The pretty format writes ANSI
//! styles always; whoever prints it drops them where they are not wanted.
//!
//! Deliberately absent: any decision about exit codes, terminals, files.

mod baseline;
mod csv;
mod excerpt;
mod github;
mod gitlab;
mod html;
mod inline;
mod json_v1;
mod junit;
mod markdown;
mod openreports;
mod pretty;
mod sarif;

pub use ironclad_check::Base;

pub use baseline::{Baseline, Entry as BaselineEntry};

use ironclad_check::{Catalogue, Meta, keyed_path};
use ironclad_model::{Finding, Object, Report, ReportedProblem, Snapshot};
use ironclad_tree::{NodeRef, Position, Source, Span};
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Key of the evidence that a live object is not what its manifest says.
pub const DRIFT: &str = "drift";

/// The published schema of the JSON format.
pub const JSON_SCHEMA: &str = include_str!("../schema/findings-v1.json");

/// Everything that is written.
pub struct View<'a> {
    /// What the run yielded.
    pub report: &'a Report,
    /// The objects it is about.
    pub snapshot: &'a Snapshot,
    /// Titles, tags and pages of checks.
    pub catalogue: &'a Catalogue,
    /// How it is shown.
    pub options: Options,
}

/// How a report is shown.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Every finding in full, every skipped file, every check that could not see.
    pub verbose: bool,
    /// Waived findings too (pretty only: the machine formats always carry them).
    pub show_waived: bool,
    /// How long it took (pretty only).
    pub elapsed: Option<Duration>,
    /// Version of the program.
    pub version: &'static str,
    /// Columns to stay within; none outside a terminal.
    pub width: Option<usize>,
    /// Where the program stands in its repository: formats that code hosts read name files from its root.
    pub base: Base,
    /// How the fixes are made (pretty only); none where there is no text to edit.
    pub fix: Option<FixCommand>,
}

/// The command that makes the fixes of what a run found.
#[derive(Clone, Debug)]
pub struct FixCommand {
    /// The program, its verb and what the run was asked, as a shell reads it.
    pub line: String,
    /// What makes it change files instead of showing how; none where it prints the text that it was given.
    pub write: Option<&'static str>,
    /// The flag that gives the value that fixes of this check ask for: `--cpu-request QUANTITY`.
    pub value_flag: fn(&str) -> String,
}

/// A way of writing a report.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// For people.
    Pretty,
    /// `ironclad.findings/v1`
    Json,
    /// The same on one line: the first of a stream of events.
    Ndjson,
    /// SARIF 2.1.0
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// JUnit's XML.
    Junit,
    /// GitLab's Code Quality report.
    Gitlab,
    /// Markdown for a comment or a job's summary.
    Markdown,
    /// One page for a browser.
    Html,
    /// A table for spreadsheets.
    Csv,
    /// `openreports.io/v1alpha1` objects.
    Openreports,
    /// `wgpolicyk8s.io/v1alpha2` objects.
    Policyreport,
}

impl Format {
    /// Names and formats.
    pub const ALL: &'static [(&'static str, Format)] = &[
        ("pretty", Format::Pretty),
        ("json", Format::Json),
        ("ndjson", Format::Ndjson),
        ("sarif", Format::Sarif),
        ("github", Format::Github),
        ("junit", Format::Junit),
        ("gitlab", Format::Gitlab),
        ("markdown", Format::Markdown),
        ("html", Format::Html),
        ("csv", Format::Csv),
        ("openreports", Format::Openreports),
        ("policyreport", Format::Policyreport),
    ];

    /// Does it show parts of the texts themselves, in which secrets have to be hidden?
    pub fn shows_text(self) -> bool {
        matches!(self, Format::Pretty | Format::Html | Format::Sarif)
    }

    /// Does it show how a fix would change the text?
    pub fn shows_edits(self) -> bool {
        self == Format::Sarif
    }

    /// Does it say of each finding whether it can be fixed?
    pub fn says_fixable(self) -> bool {
        matches!(self, Format::Json | Format::Ndjson | Format::Csv)
    }

    /// By the extension of a file.
    pub fn of_extension(extension: &str) -> Option<Format> {
        Some(match extension {
            "json" => Format::Json,
            "ndjson" | "jsonl" => Format::Ndjson,
            "sarif" => Format::Sarif,
            "xml" => Format::Junit,
            "txt" => Format::Pretty,
            "md" => Format::Markdown,
            "html" | "htm" => Format::Html,
            "csv" => Format::Csv,
            _ => return None,
        })
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Format, String> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, format)| *format).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|(name, _)| *name).collect();
            format!("`{name}` is not a format: one of {}", names.join(", "))
        })
    }
}

/// Writes a report.
pub fn write(format: Format, view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Pretty => pretty::write(view, out),
        Format::Json => json_v1::write(view, out),
        Format::Ndjson => json_v1::write_line(view, out),
        Format::Sarif => sarif::write(view, out),
        Format::Github => github::write(view, out),
        Format::Junit => junit::write(view, out),
        Format::Gitlab => gitlab::write(view, out),
        Format::Markdown => markdown::write(view, out),
        Format::Html => html::write(view, out),
        Format::Csv => csv::write(view, out),
        Format::Openreports => openreports::write(openreports::OPENREPORTS, view, out),
        Format::Policyreport => openreports::write(openreports::WGPOLICY, view, out),
    }
}

/// One finding as the JSON report holds it, on one line. The view's report holds it too: what it may not show is hidden.
pub fn finding_as_json(view: &View<'_>, finding: &Finding) -> io::Result<String> {
    json_v1::one(view, finding)
}

/// A finding with its surroundings looked up.
struct Located<'a> {
    finding: &'a Finding,
    object: Option<&'a Object>,
    source: Option<&'a Arc<Source>>,
    start: Position,
    end: Position,
    /// Has the place lines? A live object whose manifest is not known has none.
    has_lines: bool,
}

impl<'a> View<'a> {
    fn locate(&self, finding: &'a Finding) -> Located<'a> {
        let source = finding.source(self.snapshot).map(|source| self.report.shown(self.snapshot, source));
        let at = |offset| source.map_or(Position { line: 1, column: 1 }, |source| source.position(offset));
        Located {
            finding,
            object: self.snapshot.object(finding.object),
            source,
            start: at(finding.shown_span().start),
            end: at(finding.shown_span().end),
            has_lines: has_lines(finding, self.snapshot),
        }
    }

    fn findings(&self) -> impl Iterator<Item = Located<'a>> + '_ {
        self.report.findings.iter().map(|finding| self.locate(finding))
    }

    /// The text of a problem's source, for an excerpt.
    fn text_of(&self, problem: &'a ReportedProblem) -> Option<&'a Arc<Source>> {
        problem.text.as_ref().map(|source| self.report.shown(self.snapshot, source))
    }

    /// A source's name from the root of the repository.
    fn path(&self, source: &str) -> String {
        self.options.base.rooted(source)
    }

    fn meta(&self, id: &str) -> Option<&'static Meta> {
        self.catalogue.get(id).map(|check| check.meta)
    }
}

impl Located<'_> {
    fn source_name(&self) -> &str {
        self.source.map(|source| &**source.name()).unwrap_or_default()
    }

    /// Source, line and column, as far as there are any.
    fn at(&self) -> String {
        let name = self.source_name();
        if self.has_lines { format!("{name}:{}:{}", self.start.line, self.start.column) } else { name.to_owned() }
    }

    /// Where it is in a live object: the field by names, as a fingerprint tells it, and its value where it is short
    /// and no secret.
    fn field(&self) -> Option<String> {
        let object = self.object.filter(|_| !self.has_lines)?;
        let place = &self.finding.place;
        let node = object.document().node(place.node);
        let is_secret =
            !self.finding.hidden.is_empty() || object.kind() == ironclad_model::Kind::SECRET || is_leak(node);
        // A list names its elements by their values, and a secret must not be a name.
        let path = if is_secret { self.finding.pointer.clone() } else { keyed_path(object, place) };
        let path = path.trim_start_matches('/').replace('/', ".");
        let value = node.text().filter(|_| place.missing.is_empty() && !is_secret);
        let value = value.filter(|value| value.chars().count() <= LONGEST_VALUE);
        Some(match (value, place.missing.is_empty()) {
            (Some(value), _) => format!("{path}: {}", value.replace(char::is_control, " ")),
            (None, true) => path,
            (None, false) => format!("{path} (not set)"),
        })
    }

    /// The message with the object that it is about.
    fn sentence(&self) -> String {
        match self.object {
            Some(object) => format!("{} ({})", self.finding.message, object.identity()),
            None => self.finding.message.clone(),
        }
    }
}

/// Longer values of live objects are not shown.
const LONGEST_VALUE: usize = 100;

/// Another check may have found a secret in the very value that this one points at.
fn is_leak(node: NodeRef<'_>) -> bool {
    let Some(text) = node.text() else { return false };
    let document = node.document();
    let parent = document.parent(node.id());
    // The value of a variable is a secret by the variable's name, an argument by the flag before it.
    let own = document.entry_of(node.id()).map(|entry| entry.key());
    let sibling = parent.and_then(|parent| parent.get_str("name")?.value().as_str());
    let place = document.parent_step(node.id()).map_or(0, |(_, index)| index);
    let before = parent.and_then(|parent| parent.items().nth(place.checked_sub(1)?)?.as_str());
    let flag = before.filter(|flag| flag.starts_with('-')).map(|flag| flag.trim_start_matches('-'));
    let named = |name: &str| ironclad_leak::judge(name, text).is_some();
    let assigned = |one: ironclad_leak::Assignment<'_>| ironclad_leak::judge(one.name, one.value).is_some();
    !ironclad_leak::find(text).is_empty()
        || [own, sibling, flag].into_iter().flatten().any(named)
        || ironclad_leak::assignments(text).any(assigned)
}

/// Has the place of a finding lines?
fn has_lines(finding: &Finding, snapshot: &Snapshot) -> bool {
    !finding.rendered_from.is_empty() || !snapshot.object(finding.object).is_some_and(|object| object.is_live())
}

/// Where a related place is: lines, unless it is in a live object.
fn related_at(object: &Object, place: &ironclad_model::Place) -> (Arc<Source>, Option<Span>) {
    let (source, span) = object.edited_at(place);
    let has_lines = !object.is_live() || !source.text().is_empty();
    (source, has_lines.then_some(span))
}

/// The same in words: `deploy/web.yaml:3:5`, `cluster:prod Service shop/web`.
fn related_words(object: &Object, place: &ironclad_model::Place) -> String {
    match related_at(object, place) {
        (source, Some(span)) => {
            let at = source.position(span.start);
            format!("{}:{}:{}", source.name(), at.line, at.column)
        }
        (source, None) => format!("{} {}", source.name(), object.identity()),
    }
}

/// Where a problem is, where it has a text.
fn position_of(problem: &ReportedProblem) -> Option<(Position, Position)> {
    let text = problem.text.as_ref()?;
    let Span { start, end } = problem.problem.span;
    Some((text.position(start), text.position(end)))
}
