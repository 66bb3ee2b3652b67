//! Reports as Kubernetes objects, for dashboards that read them from a cluster: `openreports.io/v1alpha1` (`Report`,
//! `ClusterReport`), and the older `wgpolicyk8s.io/v1alpha2` (`PolicyReport`, `ClusterPolicyReport`).
//!
//! One `List` with a report for each object that has findings, and one for what could not be judged. Source of the
//! fields: the custom resource definitions of github.com/openreports/reports-api and of Kyverno.

use crate::{Located, View, position_of};
use ironclad_check::Level;
use ironclad_model::{Identity, Severity, Status};
use ironclad_views::schema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;

/// Which API group.
#[derive(Clone, Copy)]
pub(crate) struct Group {
    api_version: &'static str,
    namespaced: &'static str,
    cluster: &'static str,
    /// Has a report a `source` of its own, beside those of its results?
    own_source: bool,
}

pub(crate) const OPENREPORTS: Group =
    Group { api_version: "openreports.io/v1alpha1", namespaced: "Report", cluster: "ClusterReport", own_source: true };

pub(crate) const WGPOLICY: Group = Group {
    api_version: "wgpolicyk8s.io/v1alpha2",
    namespaced: "PolicyReport",
    cluster: "ClusterPolicyReport",
    own_source: false,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<Report>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Reference>,
    summary: Summary,
    results: Vec<Outcome>,
}

#[derive(Serialize)]
struct Metadata {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    labels: BTreeMap<&'static str, &'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    api_version: String,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
}

#[derive(Serialize, Default)]
struct Summary {
    pass: usize,
    fail: usize,
    warn: usize,
    error: usize,
    skip: usize,
}

#[derive(Serialize)]
struct Outcome {
    source: &'static str,
    policy: String,
    category: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    result: &'static str,
    scored: bool,
    message: String,
    properties: BTreeMap<&'static str, String>,
}

pub(crate) fn write(group: Group, view: &View<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    // By object, not by document: two files may speak of the same one.
    let mut objects: BTreeMap<Identity, Vec<Outcome>> = BTreeMap::new();
    let mut rest: Vec<Outcome> = Vec::new();
    for located in view.findings() {
        let outcome = outcome(view, &located);
        match located.object.map(|object| object.identity()).filter(|identity| !identity.name.is_empty()) {
            Some(identity) => objects.entry(identity).or_default().push(outcome),
            None => rest.push(outcome),
        }
    }
    rest.extend(errors(view));
    let mut items = Vec::new();
    if !rest.is_empty() {
        items.push(report(group, None, rest));
    }
    items.extend(objects.into_iter().map(|(identity, results)| report(group, Some(identity), results)));
    serde_json::to_writer_pretty(&mut *out, &List { api_version: "v1", kind: "List", items })?;
    out.write_all(b"\n")
}

fn report(group: Group, identity: Option<Identity>, results: Vec<Outcome>) -> Report {
    let mut summary = Summary::default();
    for outcome in &results {
        match outcome.result {
            "fail" => summary.fail += 1,
            "warn" => summary.warn += 1,
            "error" => summary.error += 1,
            _ => summary.skip += 1,
        }
    }
    let namespaced = identity.as_ref().is_some_and(is_namespaced);
    Report {
        api_version: group.api_version,
        kind: if namespaced { group.namespaced } else { group.cluster },
        metadata: Metadata {
            name: name_of(identity.as_ref()),
            namespace: identity.as_ref().filter(|_| namespaced).and_then(|identity| identity.namespace.clone()),
            labels: BTreeMap::from([("app.kubernetes.io/managed-by", "ironclad")]),
        },
        source: group.own_source.then_some("ironclad"),
        scope: identity.map(|identity| Reference {
            api_version: identity.api_version,
            kind: identity.kind,
            namespace: identity.namespace,
            name: identity.name,
        }),
        summary,
        results,
    }
}

/// Of a kind that the schema does not know, a namespace decides. What can be the name of no namespace holds no report.
fn is_namespaced(identity: &Identity) -> bool {
    let is_name = |name: &String| {
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        name.len() <= 63 && name.bytes().all(is_inner) && !name.starts_with('-') && !name.ends_with('-')
    };
    if identity.namespace.as_ref().is_some_and(|name| !is_name(name)) {
        return false;
    }
    match schema::kind(&identity.api_version, &identity.kind) {
        Some(kind) => kind.namespaced,
        None => identity.namespace.is_some(),
    }
}

/// A name that any object has only once, within the limits of a DNS subdomain.
fn name_of(identity: Option<&Identity>) -> String {
    let Some(identity) = identity else { return "ironclad-inputs".to_owned() };
    let mut hasher = Sha256::new();
    let namespace = identity.namespace.as_deref().unwrap_or_default();
    for part in [identity.api_version.as_str(), &identity.kind, namespace, &identity.name] {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let hash: String = hasher.finalize()[..5].iter().map(|byte| format!("{byte:02x}")).collect();
    let plain = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).take(60).collect()
    };
    format!("ironclad-{}-{}-{hash}", plain(&identity.kind), plain(&identity.name))
}

fn outcome(view: &View<'_>, located: &Located<'_>) -> Outcome {
    let finding = located.finding;
    let mut properties = BTreeMap::from([
        ("fingerprint", finding.fingerprint.clone()),
        ("location", located.at()),
        ("path", finding.pointer.clone()),
    ]);
    if let Some(container) = &finding.container {
        properties.insert("container", container.clone());
    }
    let result = match &finding.status {
        Status::Open if finding.severity >= Severity::Medium => "fail",
        Status::Open => "warn",
        Status::Baselined => {
            properties.insert("status", "baselined".to_owned());
            "skip"
        }
        Status::Waived(waived) => {
            properties.insert("status", "waived".to_owned());
            properties.insert("waiverReason", waived.reason.clone());
            properties.insert("waiverSource", waived.source.clone());
            if let Some(by) = &waived.by {
                properties.insert("waiverBy", by.clone());
            }
            if let Some(expires) = waived.expires {
                properties.insert("waiverExpires", expires.to_string());
            }
            "skip"
        }
    };
    let meta = view.meta(finding.check);
    let category = match meta.and_then(|meta| meta.pss.first()).map(|pss| pss.level) {
        Some(Level::Baseline) => "Pod Security Standards (Baseline)".to_owned(),
        Some(Level::Restricted) => "Pod Security Standards (Restricted)".to_owned(),
        None => meta.map_or_else(String::new, |meta| meta.domain().to_owned()),
    };
    Outcome {
        source: "ironclad",
        policy: finding.check.to_owned(),
        category,
        severity: Some(finding.severity.as_str()),
        result,
        scored: true,
        message: finding.message.clone(),
        properties,
    }
}

fn errors(view: &View<'_>) -> Vec<Outcome> {
    let error = |code: &str, message: String, properties| Outcome {
        source: "ironclad",
        policy: code.to_owned(),
        category: "errors".to_owned(),
        severity: None,
        result: "error",
        scored: false,
        message,
        properties,
    };
    let unread = view.report.problems.iter().filter(|p| p.problem.severity == ironclad_tree::Severity::Error);
    let unread = unread.map(|problem| {
        let place = position_of(problem).map(|(start, _)| format!(":{}:{}", start.line, start.column));
        let location = format!("{}{}", problem.source, place.unwrap_or_default());
        error(problem.problem.code, problem.problem.message.clone(), BTreeMap::from([("location", location)]))
    });
    let failed = view.report.failures.iter().map(|failure| {
        let message = format!("{} failed on {}: {}", failure.check, failure.object, failure.message);
        error("internal/check-failed", message, BTreeMap::new())
    });
    unread.chain(failed).collect()
}
