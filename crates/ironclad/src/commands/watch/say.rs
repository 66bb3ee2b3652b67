//! Changes as lines: JSON for programs, words for people.

use super::print;
use super::world::{Changes, Desk, Gone};
use crate::commands::scan;
use crate::commands::track::{self, Manifests};
use ironclad_cluster::{Failure, Stream};
use ironclad_model::{Finding, Identity, Report};
use ironclad_report::{Options, View, finding_as_json};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What is told of a stream.
pub(super) enum Line {
    /// Nobody knows what changes in it.
    Lost(Stream, Failure),
    /// It was listed again, with so many objects.
    Listed(Stream, usize),
    /// The cluster serves it from now on.
    Served(Stream),
    /// The cluster serves it no more.
    Unserved(Stream),
}

/// Tells.
pub(super) struct Teller {
    is_json: bool,
    quiet: bool,
    manifests: Manifests,
}

impl Teller {
    pub(super) fn new(is_json: bool, quiet: bool, manifests: Manifests) -> Teller {
        Teller { is_json, quiet, manifests }
    }

    /// What judgements changed: what went, then what is there, in the order of reports.
    pub(super) fn tell(&self, changes: Vec<Changes>, desk: &Desk<'_>) -> anyhow::Result<()> {
        let mut text = String::new();
        for Changes { snapshot, found, gone } in changes {
            for gone in &gone {
                self.write_gone(gone, &mut text);
            }
            let (findings, new): (Vec<Finding>, Vec<bool>) = found.into_iter().unzip();
            let new: std::collections::BTreeMap<String, bool> =
                findings.iter().map(|finding| finding.fingerprint.clone()).zip(new).collect();
            let mut report = Report { findings, ..Report::default() };
            if !self.manifests.is_empty() {
                track::track(&mut report.findings, &snapshot, &self.manifests);
            }
            let options = Options { version: env!("CARGO_PKG_VERSION"), base: scan::base(), ..Options::default() };
            let view = View { report: &report, snapshot: &snapshot, catalogue: &desk.session.catalogue, options };
            for finding in &report.findings {
                let is_new = new.get(&finding.fingerprint).copied().unwrap_or(true);
                self.write_found(finding, is_new, &view, &mut text)?;
            }
        }
        self.print(&text)
    }

    /// What went with objects.
    pub(super) fn resolved(&self, gone: &[Gone]) -> anyhow::Result<()> {
        let mut text = String::new();
        for gone in gone {
            self.write_gone(gone, &mut text);
        }
        self.print(&text)
    }

    /// What became of a stream.
    pub(super) fn line(&self, line: &Line) -> anyhow::Result<()> {
        let mut text = String::new();
        let (Line::Lost(stream, _) | Line::Listed(stream, _) | Line::Served(stream) | Line::Unserved(stream)) = line;
        let resource = stream.resource.name();
        let namespace = stream.namespace.as_deref();
        match (line, self.is_json) {
            (Line::Lost(_, failure), true) => {
                let value = json!({
                    "event": "lost",
                    "resource": resource,
                    "namespace": namespace,
                    "code": failure.code,
                    "message": failure.message,
                    "hint": failure.hint,
                });
                let _ = writeln!(text, "{value}");
            }
            (Line::Listed(_, objects), true) => {
                let value = json!({
                    "event": "listed", "resource": resource, "namespace": namespace, "objects": objects,
                });
                let _ = writeln!(text, "{value}");
            }
            (Line::Served(_) | Line::Unserved(_), _) => {
                let event = if matches!(line, Line::Served(_)) { "served" } else { "unserved" };
                match self.is_json {
                    true => {
                        let value = json!({"event": event, "resource": resource, "namespace": namespace});
                        let _ = writeln!(text, "{value}");
                    }
                    false => {
                        let place = namespace.map(|namespace| format!(" in {namespace}")).unwrap_or_default();
                        let _ = writeln!(text, "{event:<8} {resource}{place}");
                    }
                }
            }
            (Line::Lost(_, failure), false) => {
                let place = namespace.map(|namespace| format!(" in {namespace}")).unwrap_or_default();
                let _ = writeln!(text, "lost     {resource}{place}: {} [{}]", failure.message, failure.code);
            }
            (Line::Listed(_, objects), false) => {
                let place = namespace.map(|namespace| format!(" in {namespace}")).unwrap_or_default();
                let _ = writeln!(text, "listed   {resource}{place}: {objects} objects");
            }
        }
        self.print(&text)
    }

    fn write_found(&self, finding: &Finding, is_new: bool, view: &View<'_>, text: &mut String) -> anyhow::Result<()> {
        let event = if is_new { "opened" } else { "changed" };
        if self.is_json {
            let document = finding_as_json(view, finding)?;
            let _ = writeln!(
                text,
                "{{\"event\":\"{event}\",\"fingerprint\":\"{}\",\"finding\":{document}}}",
                finding.fingerprint
            );
            return Ok(());
        }
        let object = view.snapshot.object(finding.object);
        let object = object.map(|object| format!(" ({})", object.identity())).unwrap_or_default();
        let at = match finding.rendered_from.last() {
            Some(edited) => format!("{}:{}: ", edited.source.name(), edited.source.position(edited.span.start).line),
            None => String::new(),
        };
        let _ = writeln!(text, "{event:<8} {}[{}]: {at}{}{object}", finding.severity, finding.check, finding.message);
        Ok(())
    }

    fn write_gone(&self, Gone { known, object }: &Gone, text: &mut String) {
        if self.is_json {
            let value = json!({
                "event": "resolved",
                "fingerprint": format!("{:032x}", known.fingerprint),
                "check": known.check,
                "severity": known.severity.as_str(),
                "object": object.as_ref().map(identity),
            });
            let _ = writeln!(text, "{value}");
            return;
        }
        let object = object.as_ref().map(|object| format!(" ({object})")).unwrap_or_default();
        let _ = writeln!(text, "resolved {}[{}]{object}", known.severity, known.check);
    }

    fn print(&self, text: &str) -> anyhow::Result<()> {
        if text.is_empty() || self.quiet {
            return Ok(());
        }
        if self.is_json {
            return print(text);
        }
        // Names from a cluster give a terminal no orders.
        let clean: String = text.chars().map(|c| if c.is_control() && c != '\n' { '\u{FFFD}' } else { c }).collect();
        print(&clean)
    }
}

fn identity(object: &Identity) -> Value {
    let mut value = json!({"apiVersion": object.api_version, "kind": object.kind, "name": object.name});
    if let (Some(namespace), Some(map)) = (&object.namespace, value.as_object_mut()) {
        map.insert("namespace".to_owned(), json!(namespace));
    }
    value
}
