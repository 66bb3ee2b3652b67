//! SARIF 2.1.0, in the shape that code scanning reads.
//!
//! GitHub refuses a run of more than 25,000 results and shows the worst 5,000, so a longer run keeps its worst and says
//! in a notification how many are missing: <https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.
//! Names of files count from the root of the repository (`%SRCROOT%`), as code hosts want them.

use crate::{Located, View, position_of, related_at};
use ironclad_check::{FixKind, Meta};
use ironclad_model::{Confidence, Finding, Severity, Status};
use ironclad_tree::{Source, Span};
use serde::Serialize;
use serde::ser::SerializeSeq;
use serde_json::{Map, Value, json};
use std::io;

/// Most results of a run, by GitHub's limits.
const MOST: usize = 25_000;
/// Most tags of a rule, by GitHub's limits.
const MOST_TAGS: usize = 20;
const PROJECT: &str = "https://github.com/ironclad-security/ironclad";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Value,
    column_kind: &'static str,
    original_uri_base_ids: Value,
    invocations: Value,
    results: Results<'a>,
}

/// Written one by one: a log of a large tree need not be in memory twice.
struct Results<'a> {
    view: &'a View<'a>,
    rules: &'a [&'static Meta],
    kept: Vec<&'a Finding>,
}

impl Serialize for Results<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.kept.len()))?;
        for finding in &self.kept {
            sequence.serialize_element(&result(self.view, &self.view.locate(finding), self.rules))?;
        }
        sequence.end()
    }
}

pub(crate) fn write(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    write_most(view, MOST, out)
}

fn write_most(view: &View<'_>, most: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut rules: Vec<&'static Meta> = view.report.findings.iter().filter_map(|f| view.meta(f.check)).collect();
    rules.sort_by_key(|meta| meta.id);
    rules.dedup_by_key(|meta| meta.id);
    let kept = worst(&view.report.findings, most);
    let mut notifications: Vec<Value> = problems(view).collect();
    let missing = view.report.findings.len() - kept.len();
    if missing > 0 {
        let text = format!(
            "{missing} results are left out, the least severe: code scanning takes {most} at most; `--format json` has all"
        );
        notifications.push(json!({
            "descriptor": {"id": "output/truncated"},
            "level": "warning",
            "message": {"text": text},
        }));
    }
    notifications.extend(view.report.coverage.not_observed.iter().map(|not| {
        json!({
            "descriptor": {"id": "not-observed"},
            "level": "note",
            "message": {"text": format!("{}: not observed: {}", not.check, not.reason)},
        })
    }));
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: json!({
                "driver": {
                    "name": "ironclad",
                    "version": view.options.version,
                    "semanticVersion": view.options.version,
                    "informationUri": PROJECT,
                    "rules": rules.iter().map(|meta| rule(meta)).collect::<Vec<_>>(),
                },
            }),
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: json!({"%SRCROOT%": {"description": {"text": "the root of the repository"}}}),
            invocations: json!([{
                "executionSuccessful": !view.report.is_incomplete(),
                "toolExecutionNotifications": notifications,
            }]),
            results: Results { view, rules: &rules, kept },
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

/// As many as fit, open ones first and then by severity, in the order of the report.
fn worst(findings: &[Finding], most: usize) -> Vec<&Finding> {
    if findings.len() <= most {
        return findings.iter().collect();
    }
    let mut ranked: Vec<(usize, &Finding)> = findings.iter().enumerate().collect();
    ranked.sort_by_key(|(_, finding)| (!finding.is_open(), std::cmp::Reverse(finding.severity)));
    ranked.truncate(most);
    ranked.sort_by_key(|(index, _)| *index);
    ranked.into_iter().map(|(_, finding)| finding).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The number by which code scanning sorts and colours (CVSS-like; its thresholds are 9, 7, 4).
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "1.0",
    }
}

fn rule(meta: &Meta) -> Value {
    let mut tags = vec!["security".to_owned(), meta.domain().to_owned()];
    tags.extend(meta.pss.iter().map(|pss| format!("pss:{}", pss.check)));
    tags.extend(meta.tags.iter().map(|tag| (*tag).to_owned()));
    tags.truncate(MOST_TAGS);
    let precision = match meta.confidence {
        Confidence::Certain => "high",
        Confidence::Likely => "medium",
        Confidence::Heuristic => "low",
    };
    let fix = match meta.fix {
        FixKind::None => "none",
        FixKind::Safe => "safe",
        FixKind::Unsafe => "unsafe",
        FixKind::Value => "value",
    };
    json!({
        "id": meta.id,
        "shortDescription": {"text": meta.title},
        "fullDescription": {"text": meta.summary()},
        "helpUri": format!("{PROJECT}/blob/main/docs/reference/checks/{}.md", meta.id),
        "help": {"text": meta.summary(), "markdown": meta.page},
        "defaultConfiguration": {"level": level(meta.severity)},
        "properties": {
            "tags": tags,
            "security-severity": security_severity(meta.severity),
            "precision": precision,
            "fix": fix,
        },
    })
}

fn region(source: &Source, span: Span) -> Value {
    let (start, end) = (source.position(span.start), source.position(span.end));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn artifact(view: &View<'_>, name: &str) -> Value {
    if let Some(context) = name.strip_prefix("cluster:") {
        return json!({"uri": format!("cluster:{}", uri(context))});
    }
    let path = view.path(name);
    if path.starts_with('/') {
        json!({"uri": format!("file://{}", uri(&path))})
    } else {
        json!({"uri": uri(&path), "uriBaseId": "%SRCROOT%"})
    }
}

fn result(view: &View<'_>, located: &Located<'_>, rules: &[&'static Meta]) -> Value {
    let finding = located.finding;
    let mut location = json!({"physicalLocation": {"artifactLocation": artifact(view, located.source_name())}});
    if located.has_lines {
        location["physicalLocation"]["region"] = json!({
            "startLine": located.start.line,
            "startColumn": located.start.column,
            "endLine": located.end.line,
            "endColumn": located.end.column,
        });
    }
    if let Some(object) = located.object {
        let name = object.identity().to_string();
        location["logicalLocations"] = json!([{
            "name": object.name(),
            "kind": "resource",
            "fullyQualifiedName": format!("{name}{}", finding.pointer),
        }]);
    }
    let mut result = Map::new();
    result.insert("ruleId".into(), finding.check.into());
    if let Some(index) = rules.iter().position(|meta| meta.id == finding.check) {
        result.insert("ruleIndex".into(), index.into());
    }
    result.insert("level".into(), level(finding.severity).into());
    result.insert("message".into(), json!({"text": plain(&located.sentence())}));
    result.insert("locations".into(), json!([location]));
    let related: Vec<Value> = finding
        .related
        .iter()
        .enumerate()
        .filter_map(|(index, related)| {
            let (source, span) = related_at(view.snapshot.object(related.object)?, &related.place);
            let mut physical = json!({"artifactLocation": artifact(view, source.name())});
            if let Some(span) = span {
                physical["region"] = region(&source, span);
            }
            Some(json!({
                "id": index,
                "message": {"text": plain(&related.message)},
                "physicalLocation": physical,
            }))
        })
        .collect();
    if !related.is_empty() {
        result.insert("relatedLocations".into(), related.into());
    }
    result.insert("partialFingerprints".into(), json!({"ironclad/v1": finding.fingerprint}));
    match &finding.status {
        Status::Open => {}
        Status::Waived(waived) => {
            let in_source = !matches!(waived.form, "config" | "file");
            let suppression = json!({
                "kind": if in_source { "inSource" } else { "external" },
                "status": "accepted",
                "justification": waived.reason,
                "properties": {
                    "by": waived.by,
                    "expires": waived.expires.map(|date| date.to_string()),
                    "source": waived.source,
                    "form": waived.form,
                },
            });
            result.insert("suppressions".into(), json!([suppression]));
        }
        Status::Baselined => {
            let justification = "known when the baseline was written";
            let suppression = json!({"kind": "external", "status": "accepted", "justification": justification});
            result.insert("suppressions".into(), json!([suppression]));
        }
    }
    if let Some(offer) = ironclad_fix::offer(finding, view.snapshot).filter(|offer| !repeats_a_secret(view, offer)) {
        result.insert("fixes".into(), json!([fix(view, &offer)]));
    }
    result.insert("properties".into(), json!({"security-severity": security_severity(finding.severity)}));
    Value::Object(result)
}

/// Does a fix write text again that holds a secret, as one that sorts entries does? With the secret hidden it would damage
/// the file, and without that it would show it.
fn repeats_a_secret(view: &View<'_>, offer: &ironclad_fix::Offer<'_>) -> bool {
    let shown = view.report.shown(view.snapshot, &offer.source);
    offer.changes.iter().filter(|change| !change.text.is_empty()).any(|change| {
        let range = change.span.start as usize..change.span.end as usize;
        offer.source.text().get(range.clone()) != shown.text().get(range)
    })
}

/// The replacements of a fix. They are of this finding alone: two that touch one place are not for making together.
fn fix(view: &View<'_>, offer: &ironclad_fix::Offer<'_>) -> Value {
    let replacement = |change: &ironclad_fix::Change| {
        json!({
            "deletedRegion": region(&offer.source, change.span),
            "insertedContent": {"text": change.text},
        })
    };
    json!({
        "description": {"text": offer.fix.title},
        "artifactChanges": [{
            "artifactLocation": artifact(view, offer.source.name()),
            "replacements": offer.changes.iter().map(replacement).collect::<Vec<_>>(),
        }],
    })
}

/// The text of a message: what a name in it holds must not become a link.
fn plain(text: &str) -> String {
    text.replace("](", "] (")
}

fn problems<'a>(view: &'a View<'_>) -> impl Iterator<Item = Value> + 'a {
    let read = view.report.problems.iter().map(|problem| {
        let error = problem.problem.severity == ironclad_tree::Severity::Error;
        let mut physical = json!({"artifactLocation": artifact(view, &problem.source)});
        if let Some((start, _)) = position_of(problem) {
            physical["region"] = json!({"startLine": start.line, "startColumn": start.column});
        }
        let hint = problem.problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        json!({
            "descriptor": {"id": problem.problem.code},
            "level": if error { "error" } else { "warning" },
            "message": {"text": plain(&format!("{}{hint}", problem.problem.message))},
            "locations": [{"physicalLocation": physical}],
        })
    });
    let failed = view.report.failures.iter().map(|failure| {
        let text = format!("{} failed on {}: {}", failure.check, failure.object, failure.message);
        json!({"descriptor": {"id": "internal/check-failed"}, "level": "error", "message": {"text": plain(&text)}})
    });
    read.chain(failed)
}

/// A relative reference: everything but unreserved characters and `/` is escaped (RFC 3986).
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(byte as char);
        } else {
            use std::fmt::Write;
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use ironclad_check::{Catalogue, Check, Enabled, Params, RunConfig, Subscription};
    use ironclad_model::{Report, Snapshot};

    static META: Meta = Meta { id: "test/name", title: "has a name", ..Meta::DEFAULT };
    static CHECKS: [Check; 1] = [Check {
        meta: &META,
        run: Subscription::Object(|object, cx| {
            let bad = object.name().starts_with("bad");
            cx.find(object.root(), "has a [name](x)").severity(if bad { Severity::High } else { Severity::Low });
        }),
    }];

    fn log(most: usize) -> Value {
        let mut builder = Snapshot::builder();
        let text: String = ["a", "bad-1", "b", "bad-2"]
            .map(|n| format!("apiVersion: v1\nkind: X\nmetadata: {{name: {n}}}\n---\n"))
            .concat();
        let source = Source::new("/abs/x.yaml", text);
        for document in ironclad_tree::parse(&source, &ironclad_tree::Limits::default()).documents {
            builder.add(document, Default::default());
        }
        let snapshot = builder.build();
        let enabled = vec![Enabled { check: &CHECKS[0], severity: None, params: Params::default() }];
        let config = RunConfig { enabled, version: 37, ..RunConfig::default() };
        let report = Report { findings: ironclad_check::run(&snapshot, &config).findings, ..Report::default() };
        let catalogue = Catalogue::new([CHECKS.as_slice()], &[]);
        let view = View { report: &report, snapshot: &snapshot, catalogue: &catalogue, options: Options::default() };
        let mut out = Vec::new();
        write_most(&view, most, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn what_does_not_fit_is_the_least_severe_and_is_said() {
        let whole = log(4);
        assert_eq!(whole["runs"][0]["results"].as_array().map(Vec::len), Some(4));
        assert_eq!(whole["runs"][0]["invocations"][0]["toolExecutionNotifications"], json!([]));
        let cut = log(3);
        let results = cut["runs"][0]["results"].as_array().unwrap();
        let levels: Vec<&str> = results.iter().map(|r| r["level"].as_str().unwrap()).collect();
        assert_eq!(levels, ["note", "error", "error"]);
        let said = &cut["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert!(said.as_str().unwrap().starts_with("1 results are left out"), "{said}");
    }

    #[test]
    fn a_file_outside_of_the_repository_keeps_its_path() {
        let result = &log(4)["runs"][0]["results"][0];
        assert_eq!(result["message"]["text"], "has a [name] (x) (X a)");
        let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(*artifact, json!({"uri": "file:///abs/x.yaml"}));
    }
}
