//! SARIF 2.1.0, in the shape that code scanning reads.

use crate::{Located, View, position_of};
use ironclad_check::Meta;
use ironclad_model::{Severity, Status};
use serde_json::{Map, Value, json};
use std::io;

pub(crate) fn write(view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut rules: Vec<&'static Meta> = view.report.findings.iter().filter_map(|f| view.meta(f.check)).collect();
    rules.sort_by_key(|meta| meta.id);
    rules.dedup_by_key(|meta| meta.id);
    let results: Vec<Value> = view.findings().map(|located| result(view, &located, &rules)).collect();
    let notifications: Vec<Value> = problems(view).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "ironclad",
                    "semanticVersion": view.options.version,
                    "rules": rules.iter().map(|meta| rule(meta)).collect::<Vec<_>>(),
                },
            },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": !view.report.is_incomplete(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
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
    tags.extend(meta.tags.iter().map(|tag| (*tag).to_owned()));
    tags.extend(meta.pss.iter().map(|pss| format!("pss:{}", pss.check)));
    json!({
        "id": meta.id,
        "shortDescription": {"text": meta.title},
        "fullDescription": {"text": meta.summary()},
        "help": {"text": meta.summary(), "markdown": meta.page},
        "defaultConfiguration": {"level": level(meta.severity)},
        "properties": {"tags": tags, "security-severity": security_severity(meta.severity), "precision": "high"},
    })
}

fn result(view: &View<'_>, located: &Located<'_>, rules: &[&'static Meta]) -> Value {
    let finding = located.finding;
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(located.source_name())},
            "region": {
                "startLine": located.start.line,
                "startColumn": located.start.column,
                "endLine": located.end.line,
                "endColumn": located.end.column,
            },
        },
    });
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
    result.insert("message".into(), json!({"text": message(located)}));
    result.insert("locations".into(), json!([location]));
    let related: Vec<Value> = finding
        .related
        .iter()
        .enumerate()
        .filter_map(|(index, related)| {
            let document = view.snapshot.object(related.object)?.document();
            let span = related.place.span(document);
            let (start, end) = (document.source().position(span.start), document.source().position(span.end));
            Some(json!({
                "id": index,
                "message": {"text": related.message},
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(document.source().name())},
                    "region": {
                        "startLine": start.line,
                        "startColumn": start.column,
                        "endLine": end.line,
                        "endColumn": end.column,
                    },
                },
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
            let in_source = matches!(waived.form, "comment" | "annotation");
            let suppression = json!({
                "kind": if in_source { "inSource" } else { "external" },
                "status": "accepted",
                "justification": waived.reason,
            });
            result.insert("suppressions".into(), json!([suppression]));
        }
        Status::Baselined => {
            result.insert("suppressions".into(), json!([{"kind": "external", "status": "accepted"}]));
            result.insert("baselineState".into(), "unchanged".into());
        }
    }
    result.insert("properties".into(), json!({"security-severity": security_severity(finding.severity)}));
    Value::Object(result)
}

fn message(located: &Located<'_>) -> String {
    match located.object {
        Some(object) => format!("{} in {}", located.finding.message, object.identity()),
        None => located.finding.message.clone(),
    }
}

fn problems<'a>(view: &'a View<'_>) -> impl Iterator<Item = Value> + 'a {
    let read = view.report.problems.iter().map(|problem| {
        let error = problem.problem.severity == ironclad_tree::Severity::Error;
        let mut physical = json!({"artifactLocation": {"uri": uri(&problem.source)}});
        if let Some((start, _)) = position_of(problem) {
            physical["region"] = json!({"startLine": start.line, "startColumn": start.column});
        }
        let hint = problem.problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        json!({
            "descriptor": {"id": problem.problem.code},
            "level": if error { "error" } else { "warning" },
            "message": {"text": format!("{}{hint}", problem.problem.message)},
            "locations": [{"physicalLocation": physical}],
        })
    });
    let failed = view.report.failures.iter().map(|failure| {
        json!({
            "descriptor": {"id": "internal/check-failed"},
            "level": "error",
            "message": {"text": format!("{} failed on {}: {}", failure.check, failure.object, failure.message)},
        })
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
