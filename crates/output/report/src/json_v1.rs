//! `ironclad.findings/v1`: frozen structs of its own, never the model's types. Fields are only ever added.

use crate::{Located, View, position_of, related_at};
use ironclad_model::{Related, ReportedProblem, Status};
use ironclad_tree::{Source, Span};
use ironclad_views::Manager;
use serde::Serialize;
use serde::ser::SerializeSeq;
use std::borrow::Cow;
use std::io::{self, Write as _};

#[derive(Serialize)]
struct Document<'a> {
    /// In a stream of events: which this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    schema: &'static str,
    tool: Tool<'a>,
    inputs: Vec<Input<'a>>,
    errors: Vec<Problem<'a>>,
    warnings: Vec<Problem<'a>>,
    findings: Findings<'a>,
    summary: Summary<'a>,
}

/// Written one by one: a report of a large tree need not be in memory twice.
struct Findings<'a>(&'a View<'a>);

impl Serialize for Findings<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.0.report.findings.len()))?;
        for located in self.0.findings() {
            sequence.serialize_element(&finding(self.0, &located))?;
        }
        sequence.end()
    }
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Input<'a> {
    source: &'a str,
    objects: usize,
}

#[derive(Serialize)]
struct Problem<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<&'a str>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    check: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    severity: &'static str,
    confidence: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    object: Option<Object<'a>>,
    container: Option<&'a str>,
    path: &'a str,
    location: Location<'a>,
    /// For a rendered object: the places that the field came through, the edited one last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rendered_from: Vec<RenderedFrom>,
    related: Vec<RelatedPlace<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pss: Option<&'a str>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    evidence: std::collections::BTreeMap<&'a str, &'a str>,
    status: &'static str,
    waiver: Option<Waiver<'a>>,
    fixable: bool,
    fingerprint: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    api_version: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    name: &'a str,
    /// Of a live object: who deploys it.
    #[serde(skip_serializing_if = "Option::is_none")]
    managed_by: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    source: Cow<'a, str>,
    /// None in a live object.
    #[serde(flatten)]
    lines: Option<Lines>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Lines {
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct RenderedFrom {
    role: &'static str,
    #[serde(flatten)]
    location: Location<'static>,
}

#[derive(Serialize)]
struct RelatedPlace<'a> {
    message: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Waiver<'a> {
    reason: &'a str,
    by: Option<&'a str>,
    expires: Option<String>,
    source: &'a str,
    form: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    objects: usize,
    checks: usize,
    open: Counts,
    waived: usize,
    baselined: usize,
    fixable: usize,
    not_observed: Vec<NotObserved<'a>>,
    skipped: Vec<Skipped<'a>>,
    not_followed: Vec<NotFollowed<'a>>,
    stand_ins: Vec<StandIn<'a>>,
}

#[derive(Serialize)]
struct NotFollowed<'a> {
    object: &'a str,
    reason: &'a str,
    source: &'a str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct StandIn<'a> {
    source: &'a str,
    functions: &'a [&'static str],
}

#[derive(Serialize)]
struct Counts {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
}

#[derive(Serialize)]
struct NotObserved<'a> {
    check: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Skipped<'a> {
    reason: &'a str,
    files: &'a [String],
}

pub(crate) fn write(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    // Pretty JSON is written in pieces of a few bytes, which should not pass through a pointer each.
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    serde_json::to_writer_pretty(&mut out, &document(view, None))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The report as one line, the first event of a stream.
pub(crate) fn write_line(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &document(view, Some("report")))?;
    out.write_all(b"\n")
}

/// One finding, as the report holds it.
pub(crate) fn one(view: &View<'_>, of: &ironclad_model::Finding) -> io::Result<String> {
    Ok(serde_json::to_string(&finding(view, &view.locate(of)))?)
}

fn document<'a>(view: &'a View<'a>, event: Option<&'static str>) -> Document<'a> {
    let report = view.report;
    let of = |wanted| report.problems.iter().filter(move |p| p.problem.severity == wanted).map(problem);
    let failures = report.failures.iter().map(|failure| Problem {
        code: "internal/check-failed",
        source: None,
        line: None,
        column: None,
        check: Some(failure.check),
        object: Some(&failure.object),
        message: &failure.message,
        hint: Some("this is a bug of ironclad: please report it with the object"),
    });
    let open = report.open().map(|(_, count)| count);
    let count = |is: fn(&Status) -> bool| report.findings.iter().filter(|f| is(&f.status)).count();
    Document {
        event,
        schema: "ironclad.findings/v1",
        tool: Tool { name: "ironclad", version: view.options.version },
        inputs: report.inputs.iter().map(|i| Input { source: &i.source, objects: i.objects }).collect(),
        errors: of(ironclad_tree::Severity::Error).chain(failures).collect(),
        warnings: of(ironclad_tree::Severity::Warning).collect(),
        findings: Findings(view),
        summary: Summary {
            objects: report.coverage.objects,
            checks: report.coverage.checks,
            open: Counts { critical: open[0], high: open[1], medium: open[2], low: open[3], info: open[4] },
            waived: count(|status| matches!(status, Status::Waived(_))),
            baselined: count(|status| *status == Status::Baselined),
            fixable: report.findings.iter().filter(|finding| finding.is_fixable()).count(),
            not_observed: report
                .coverage
                .not_observed
                .iter()
                .map(|n| NotObserved { check: n.check, reason: &n.reason })
                .collect(),
            skipped: report.coverage.skipped.iter().map(|(reason, files)| Skipped { reason, files }).collect(),
            not_followed: report
                .coverage
                .not_followed
                .iter()
                .map(|n| NotFollowed {
                    object: &n.object,
                    reason: &n.reason,
                    source: &n.source,
                    line: n.line,
                    column: n.column,
                })
                .collect(),
            stand_ins: report
                .coverage
                .stand_ins
                .iter()
                .map(|s| StandIn { source: &s.source, functions: &s.functions })
                .collect(),
        },
    }
}

fn problem(reported: &ReportedProblem) -> Problem<'_> {
    let position = position_of(reported).map(|(start, _)| start);
    Problem {
        code: reported.problem.code,
        source: Some(&reported.source),
        line: position.map(|p| p.line),
        column: position.map(|p| p.column),
        check: None,
        object: None,
        message: &reported.problem.message,
        hint: reported.problem.hint.as_deref(),
    }
}

fn finding<'a>(view: &View<'a>, located: &Located<'a>) -> Finding<'a> {
    let finding = located.finding;
    let (status, waiver) = match &finding.status {
        Status::Open => ("open", None),
        Status::Baselined => ("baselined", None),
        Status::Waived(waived) => (
            "waived",
            Some(Waiver {
                reason: &waived.reason,
                by: waived.by.as_deref(),
                expires: waived.expires.map(|date| date.to_string()),
                source: &waived.source,
                form: waived.form,
            }),
        ),
    };
    Finding {
        check: finding.check,
        title: view.meta(finding.check).map(|meta| meta.title),
        severity: finding.severity.as_str(),
        confidence: match finding.confidence {
            ironclad_model::Confidence::Certain => "certain",
            ironclad_model::Confidence::Likely => "likely",
            ironclad_model::Confidence::Heuristic => "heuristic",
        },
        message: &finding.message,
        label: finding.label.as_deref(),
        object: located.object.map(|object| Object {
            api_version: object.api_version(),
            kind: object.kind_name(),
            namespace: object.namespace(),
            name: object.name(),
            managed_by: Manager::of(object).filter(|_| object.is_live()).map(|manager| manager.to_string()),
        }),
        container: finding.container.as_deref(),
        path: &finding.pointer,
        location: Location {
            source: Cow::Borrowed(located.source.map(|source| &**source.name()).unwrap_or_default()),
            lines: located.has_lines.then_some(Lines {
                line: located.start.line,
                column: located.start.column,
                end_line: located.end.line,
                end_column: located.end.column,
            }),
        },
        rendered_from: finding
            .rendered_from
            .iter()
            .map(|link| RenderedFrom { role: link.role.as_str(), location: location(&link.source, Some(link.span)) })
            .collect(),
        related: finding.related.iter().filter_map(|related| place(view, related)).collect(),
        pss: finding.pss,
        evidence: finding.evidence.iter().map(|(key, value)| (*key, value.as_str())).collect(),
        status,
        waiver,
        fixable: finding.is_fixable(),
        fingerprint: &finding.fingerprint,
    }
}

fn place<'a>(view: &View<'a>, related: &'a Related) -> Option<RelatedPlace<'a>> {
    let (source, span) = related_at(view.snapshot.object(related.object)?, &related.place);
    Some(RelatedPlace { message: &related.message, location: location(&source, span) })
}

fn location(source: &Source, span: Option<Span>) -> Location<'static> {
    let lines = span.map(|span| {
        let (start, end) = (source.position(span.start), source.position(span.end));
        Lines { line: start.line, column: start.column, end_line: end.line, end_column: end.column }
    });
    Location { source: Cow::Owned(source.name().to_string()), lines }
}
