//! Waivers: collected from manifests and configuration, matched with findings, and judged themselves.
//!
//! A waiver suppresses findings, never evaluation. Precedence: a lock of the organisation, then expiry, then any match.
//! What is wrong with a waiver (expired, unused, invalid, denied) is a finding at the waiver's own text.

mod collect;
mod comment;

use crate::{Catalogue, Enabled, Meta, fingerprint, matching, run};
use collect::{Placed, Reach};
use globset::{Glob, GlobMatcher};
use ironclad_model::{Date, Finding, LabelSelector, Object, ObjectId, Place, Snapshot, Status, Waived};
use ironclad_tree::{Comment, NodeId, Source, Span};
use std::sync::Arc;

/// A decision to live with findings.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// Ids, globs (`workload/host-*`), prefixes, tags or peers' names of checks.
    pub checks: Vec<String>,
    /// What it covers.
    pub scope: Scope,
    /// Why. A waiver without a reason is invalid.
    pub reason: Option<String>,
    /// Who decided.
    pub by: Option<String>,
    /// Last day on which it holds.
    pub expires: Option<Date>,
    /// Where it is written.
    pub written: Written,
    /// Which way of writing it: `comment`, `annotation`, `config`, `file`.
    pub form: &'static str,
}

/// What a waiver covers: everything that is set must match. Globs, `*` and `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Glob of the object's kind.
    pub kind: Option<String>,
    /// Glob of its namespace.
    pub namespace: Option<String>,
    /// Glob of its name.
    pub name: Option<String>,
    /// Label selector in kubectl's notation (`app=web,tier in (a,b)`).
    pub selector: Option<String>,
    /// Glob of the container's name.
    pub container: Option<String>,
    /// Glob of the container's image.
    pub image: Option<String>,
    /// Field path: an RFC 6901 pointer or dotted, `*` for one step; covers everything below.
    pub path: Option<String>,
    /// Globs of files.
    pub files: Vec<String>,
}

/// Where a waiver is written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The text.
    pub source: Arc<Source>,
    /// The place.
    pub span: Span,
}

/// What the organisation demands of waivers. Only its own layer of the configuration sets this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaiverPolicy {
    /// Checks that cannot be waived.
    pub locked: Vec<String>,
    /// Fields that a waiver must have: `reason`, `by`, `expires`.
    pub require: Vec<String>,
    /// Longest time from today to `expires`, in days.
    pub max_days: Option<u32>,
    /// Forms that are honoured; all where not set.
    pub sources: Option<Vec<String>>,
}

/// Everything that decides about waivers besides the findings.
pub struct Waiving<'a> {
    /// The objects.
    pub snapshot: &'a Snapshot,
    /// Names of checks.
    pub catalogue: &'a Catalogue,
    /// The checks that ran: only their waivers can be unused.
    pub enabled: &'a [Enabled],
    /// What the organisation demands.
    pub policy: &'a WaiverPolicy,
    /// Today, UTC.
    pub today: Date,
    /// Comments that lie in no document, by source.
    pub comments: &'a [(Arc<Source>, Vec<Comment>)],
    /// Waivers of the configuration and of waiver files.
    pub configured: &'a [Waiver],
}

/// What a waiver's pattern means.
struct Covered {
    pattern: String,
    ids: Vec<&'static str>,
    used: bool,
}

/// A waiver that was checked against the catalogue and the policy.
struct Judged {
    placed: Placed,
    covered: Vec<Covered>,
    matcher: Matcher,
    holds: bool,
}

/// Marks the findings that waivers cover and adds what is wrong with the waivers; sorted and with fingerprints again.
pub fn apply(findings: &mut Vec<Finding>, waiving: &Waiving<'_>) {
    let mut hygiene = Vec::new();
    let mut judged = Vec::new();
    for placed in collect::collect(waiving) {
        judged.extend(judge(placed, waiving, &mut hygiene));
    }
    for finding in findings.iter_mut() {
        for waiver in &mut judged {
            let Some(covered) = waiver.covered.iter_mut().find(|c| c.ids.contains(&finding.check)) else { continue };
            if !waiver.matcher.matches(finding, &waiver.placed.reach, waiving.snapshot) {
                continue;
            }
            covered.used = true;
            if waiver.holds && finding.is_open() {
                let waiver = &waiver.placed.waiver;
                let line = waiver.written.source.position(waiver.written.span.start).line;
                finding.status = Status::Waived(Waived {
                    reason: waiver.reason.clone().unwrap_or_default(),
                    by: waiver.by.clone(),
                    expires: waiver.expires,
                    source: format!("{}:{line}", waiver.written.source.name()),
                    form: waiver.form,
                });
            }
        }
    }
    for waiver in &judged {
        for covered in waiver.covered.iter().filter(|c| !c.used) {
            let ran = |id: &&str| waiving.enabled.iter().any(|e| e.check.meta.id == *id);
            if covered.ids.iter().any(ran) {
                let message = format!("waiver of `{}` hides nothing", covered.pattern);
                report(&mut hygiene, waiving, "manifest/unused-waiver", &waiver.placed, message);
            }
        }
    }
    if hygiene.is_empty() {
        return;
    }
    findings.extend(hygiene);
    run::sort(findings, waiving.snapshot);
    fingerprint::stamp(findings, waiving.snapshot);
}

/// Says what is wrong with a waiver; what can still match comes back.
fn judge(placed: Placed, waiving: &Waiving<'_>, hygiene: &mut Vec<Finding>) -> Option<Judged> {
    let waiver = &placed.waiver;
    let mut faults: Vec<String> = placed.faults.clone();
    let mut covered = Vec::new();
    for pattern in &waiver.checks {
        match ids(pattern, waiving.catalogue) {
            Ok(ids) => covered.push(Covered { pattern: pattern.clone(), ids, used: false }),
            Err(fault) => faults.push(fault),
        }
    }
    let matcher = match Matcher::new(&waiver.scope) {
        Ok(matcher) => matcher,
        Err(fault) => {
            faults.push(fault);
            Matcher::default()
        }
    };
    if waiver.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        faults.push("has no reason: write one after the check".to_owned());
    }
    faults.extend(denied(waiver, &covered, waiving));
    let mut holds = faults.is_empty();
    for fault in &faults {
        report(hygiene, waiving, "manifest/invalid-waiver", &placed, format!("waiver {fault}"));
    }
    if let Some(expires) = waiver.expires.filter(|&expires| expires < waiving.today) {
        let message = format!("waiver of `{}` expired on {expires}", waiver.checks.join("`, `"));
        report(hygiene, waiving, "manifest/expired-waiver", &placed, message);
        holds = false;
    }
    if !holds {
        // What does not hold is reported once, as what it is, and not as unused as well.
        return None;
    }
    Some(Judged { placed, covered, matcher, holds })
}

/// The organisation's say.
fn denied(waiver: &Waiver, covered: &[Covered], waiving: &Waiving<'_>) -> Vec<String> {
    let policy = waiving.policy;
    let mut faults = Vec::new();
    let locked =
        |id: &str| policy.locked.iter().any(|lock| ids(lock, waiving.catalogue).is_ok_and(|ids| ids.contains(&id)));
    for pattern in covered {
        if let Some(id) = pattern.ids.iter().find(|id| locked(id)) {
            faults.push(format!("of `{id}` is denied: the organisation's configuration locks this check"));
        }
    }
    for field in &policy.require {
        let missing = match field.as_str() {
            "by" => waiver.by.is_none(),
            "expires" => waiver.expires.is_none(),
            _ => false,
        };
        if missing {
            faults.push(format!("has no `{field}`, which the organisation's configuration demands"));
        }
    }
    if let (Some(days), Some(expires)) = (policy.max_days, waiver.expires)
        && waiving.today.days_until(expires) > i64::from(days)
    {
        faults.push(format!("holds for longer than {days} days, which the organisation's configuration forbids"));
    }
    if policy.sources.as_ref().is_some_and(|sources| !sources.iter().any(|source| source == waiver.form)) {
        faults.push(format!("in {} is denied by the organisation's configuration", form_words(waiver.form)));
    }
    faults
}

fn form_words(form: &str) -> &str {
    match form {
        "annotation" => "an annotation",
        "comment" => "a comment",
        "config" => "a configuration",
        "file" => "a waiver file",
        other => other,
    }
}

/// Ids that a pattern means.
fn ids(pattern: &str, catalogue: &Catalogue) -> Result<Vec<&'static str>, String> {
    if pattern.contains(['*', '?']) {
        let matcher = glob(pattern)?;
        let found: Vec<_> =
            catalogue.checks().iter().map(|check| check.meta.id).filter(|id| matcher.is_match(id)).collect();
        if found.is_empty() {
            return Err(format!("names no check: nothing matches `{pattern}`"));
        }
        return Ok(found);
    }
    let found = matching(catalogue, pattern).map_err(|error| format!("is for an unknown check: {error}"))?;
    Ok(found.into_iter().map(|check| check.meta.id).collect())
}

fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    match Glob::new(pattern) {
        Ok(glob) => Ok(glob.compile_matcher()),
        Err(error) => Err(format!("has a pattern that cannot be read: {error}")),
    }
}

fn report(hygiene: &mut Vec<Finding>, waiving: &Waiving<'_>, id: &'static str, placed: &Placed, message: String) {
    let Some(enabled) = waiving.enabled.iter().find(|e| e.check.meta.id == id) else { return };
    let meta: &Meta = enabled.check.meta;
    let written = &placed.waiver.written;
    hygiene.push(Finding {
        check: meta.id,
        severity: enabled.severity.unwrap_or(meta.severity),
        confidence: meta.confidence,
        object: placed.object,
        elsewhere: Some(Arc::clone(&written.source)),
        container: None,
        place: Place { node: NodeId::ROOT, missing: Vec::new(), part: Some(written.span) },
        pointer: placed.pointer.clone(),
        span: written.span,
        message,
        label: None,
        pss: None,
        evidence: Vec::new(),
        related: Vec::new(),
        fixes: Vec::new(),
        status: Status::Open,
        fingerprint: String::new(),
    });
}

/// A scope, compiled.
#[derive(Default)]
struct Matcher {
    kind: Option<GlobMatcher>,
    namespace: Option<GlobMatcher>,
    name: Option<GlobMatcher>,
    selector: Option<LabelSelector>,
    container: Option<GlobMatcher>,
    image: Option<GlobMatcher>,
    path: Option<Vec<String>>,
    files: Vec<GlobMatcher>,
}

impl Matcher {
    fn new(scope: &Scope) -> Result<Matcher, String> {
        let one = |pattern: &Option<String>| pattern.as_deref().map(glob).transpose();
        let selector = scope.selector.as_deref().map(LabelSelector::parse).transpose();
        Ok(Matcher {
            kind: one(&scope.kind)?,
            namespace: one(&scope.namespace)?,
            name: one(&scope.name)?,
            selector: selector.map_err(|error| format!("has a selector that cannot be read: {error}"))?,
            container: one(&scope.container)?,
            image: one(&scope.image)?,
            path: scope.path.as_deref().map(steps),
            files: scope.files.iter().map(|file| glob(file)).collect::<Result<_, _>>()?,
        })
    }

    fn matches(&self, finding: &Finding, reach: &Reach, snapshot: &Snapshot) -> bool {
        if !reach.covers(finding, snapshot) {
            return false;
        }
        let is = |glob: &Option<GlobMatcher>, text: &str| glob.as_ref().is_none_or(|glob| glob.is_match(text));
        let Some(object) = snapshot.object(finding.object) else { return false };
        is(&self.kind, object.kind_name())
            && is(&self.namespace, object.namespace().unwrap_or_default())
            && is(&self.name, object.name())
            && self.selector.as_ref().is_none_or(|selector| selects(selector, object))
            && is(&self.container, finding.container.as_deref().unwrap_or_default())
            && self.image.as_ref().is_none_or(|glob| image_of(finding, object).is_some_and(|i| glob.is_match(i)))
            && self.path.as_ref().is_none_or(|path| below(path, &finding.pointer))
            && (self.files.is_empty() || self.files.iter().any(|glob| in_file(glob, finding.source_name(snapshot))))
    }
}

/// A file glob matches from the beginning of the name or of any of its folders.
fn in_file(glob: &GlobMatcher, name: &str) -> bool {
    glob.is_match(name) || name.match_indices('/').any(|(at, _)| glob.is_match(&name[at + 1..]))
}

fn selects(selector: &LabelSelector, object: &Object) -> bool {
    selector.matches(object.labels())
}

/// The image of the container that a finding is about.
fn image_of<'a>(finding: &Finding, object: &'a Object) -> Option<&'a str> {
    let container = finding.container.as_deref()?;
    let mut at = Some(object.document().node(finding.place.node));
    while let Some(node) = at {
        let text = |name: &str| node.get_str(name).and_then(|entry| entry.value().text());
        if text("name") == Some(container) && text("image").is_some() {
            return text("image");
        }
        at = object.document().parent(node.id());
    }
    None
}

/// Steps of a path: a pointer (`/spec/hostPID`) or dotted (`spec.containers[*].image`, `spec.template.*`).
fn steps(path: &str) -> Vec<String> {
    if let Some(pointer) = path.strip_prefix('/') {
        return pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    }
    let dotted = path.trim_start_matches('$').replace('[', ".").replace(']', "");
    dotted.split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect()
}

fn below(steps: &[String], pointer: &str) -> bool {
    let mut actual = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
    steps.iter().all(|step| actual.next().is_some_and(|actual| step == "*" || *step == actual))
}

/// The object that holds this place of a source, or none.
fn object_at(snapshot: &Snapshot, source: &Arc<Source>, span: Span) -> ObjectId {
    let in_source = snapshot.objects().filter(|object| Arc::ptr_eq(object.document().source(), source));
    let mut nearest = ObjectId::NONE;
    for object in in_source {
        let document = object.document().span();
        let root = object.root().span();
        if (root.start..root.end).contains(&span.start) {
            return object.id();
        }
        if (document.start..document.end).contains(&span.start) && nearest == ObjectId::NONE {
            nearest = object.id();
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cover_what_is_below() {
        for (path, pointer, expected) in [
            ("/spec/hostPID", "/spec/hostPID", true),
            ("spec.containers[*].image", "/spec/containers/0/image", true),
            ("spec.containers[*]", "/spec/containers/0/image", true),
            ("spec.containers.1", "/spec/containers/0/image", false),
            ("/spec/template/spec", "/spec", false),
            ("/metadata/annotations/a~1b", "/metadata/annotations/a~1b", true),
        ] {
            assert_eq!(below(&steps(path), pointer), expected, "{path} {pointer}");
        }
    }

    #[test]
    fn file_globs_reach_below_any_folder() {
        let matches = |pattern: &str, name: &str| in_file(&glob(pattern).unwrap(), name);
        assert!(matches("deploy/*.yaml", "shop/deploy/web.yaml"));
        assert!(matches("*.yaml", "web.yaml"));
        assert!(!matches("deploy/*.json", "deploy/web.yaml"));
    }
}
