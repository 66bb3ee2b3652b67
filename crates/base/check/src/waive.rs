//! Waivers: collected from manifests and configuration, matched with findings, and judged themselves.
//!
//! A waiver suppresses findings, never evaluation. Precedence: a lock of the organisation, then expiry, then any match.
//! What is wrong with a waiver (expired, unused, invalid, denied) is a finding at the waiver's own text.

mod collect;
mod comment;
mod matcher;
mod peers;

pub use collect::{PeerReach, PeerWaiver, of_peers};
pub use matcher::holders;
pub use peers::{ids as peer_ids, moment, trivy_expiry};

use crate::{Base, Catalogue, Enabled, Meta, fingerprint, matching, run};
use collect::Placed;
use globset::{Glob, GlobMatcher};
use ironclad_model::{Date, Edit, Finding, Fix, ObjectId, Place, Safety, Snapshot, Status, Waived};
use ironclad_tree::{Comment, NodeId, Source, Span};
use matcher::Matcher;
use std::sync::Arc;

/// Key of the evidence that a waiver in a live object covers the finding and does not hold.
pub const NOT_HONOURED: &str = "waiverNotHonoured";

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
    /// The tool whose waiver it is, where it is not ours; `checks` are that tool's names then.
    pub peer: Option<&'static str>,
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
    /// Glob of who holds the right that the finding is about (`ServiceAccount:kube-system/*`): all of them must match.
    pub subject: Option<String>,
    /// Glob of the container's name.
    pub container: Option<String>,
    /// Glob of the container's image.
    pub image: Option<String>,
    /// Field path: an RFC 6901 pointer or dotted, `*` for one step; covers everything below.
    pub path: Option<String>,
    /// Globs of files.
    pub files: Vec<String>,
    /// Name of the list item that the field lies in (a volume); of peers' waivers.
    pub item: Option<String>,
    /// The value that the finding points at, whatever its case and dashes (a capability); of peers' waivers.
    pub value: Option<String>,
    /// The direction that the finding is about (`Ingress`, `Egress`); of peers' waivers.
    pub direction: Option<String>,
    /// Attributes of the object and anchored regular expressions of their values; of Kubescape's exceptions.
    pub attributes: Vec<(String, String)>,
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
    /// What becomes of the waivers of other tools.
    pub peer_waivers: PeerWaivers,
}

/// What becomes of the waivers of other tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeerWaivers {
    /// They hold.
    #[default]
    Honour,
    /// They are named and do not hold.
    Report,
    /// They are no waivers.
    Ignore,
}

impl PeerWaivers {
    /// Words of the configuration.
    pub const ALL: &'static [(&'static str, PeerWaivers)] =
        &[("honour", PeerWaivers::Honour), ("report", PeerWaivers::Report), ("ignore", PeerWaivers::Ignore)];
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
    /// Where the names of files count from.
    pub base: &'a Base,
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
    let judged = mark(findings, waiving, &mut hygiene);
    for waiver in &judged {
        for covered in waiver.covered.iter().filter(|c| !c.used) {
            let ran = |id: &&str| waiving.enabled.iter().any(|e| e.check.meta.id == *id);
            let peer = waiver.placed.waiver.peer;
            let custom = peer.filter(|peer| covered.ids.is_empty() && peers::is_custom(peer, &covered.pattern));
            if custom.is_some() || covered.ids.iter().any(ran) {
                let what = described(&waiver.placed.waiver, &covered.pattern);
                let message = match custom {
                    Some(peer) => format!("{what} hides nothing: it is no check of {peer}'s own"),
                    None => format!("{what} hides nothing"),
                };
                let before = hygiene.len();
                report(&mut hygiene, waiving, "manifest/unused-waiver", &waiver.placed, message);
                for finding in hygiene.iter_mut().skip(before) {
                    finding.fixes.extend(removal(waiver, &covered.pattern, waiving));
                }
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

/// Only marks the findings: of some objects nobody can say that a waiver hides nothing.
pub fn apply_to_some(findings: &mut [Finding], waiving: &Waiving<'_>) {
    mark(findings, waiving, &mut Vec::new());
}

fn mark(findings: &mut [Finding], waiving: &Waiving<'_>, hygiene: &mut Vec<Finding>) -> Vec<Judged> {
    let mut judged = Vec::new();
    for placed in collect::collect(waiving) {
        judged.extend(judge(placed, waiving, hygiene));
    }
    for finding in findings.iter_mut() {
        for waiver in &mut judged {
            let Some(covered) = waiver.covered.iter_mut().find(|c| c.ids.contains(&finding.check)) else { continue };
            if !waiver.matcher.matches(finding, &waiver.placed.reach, waiving.snapshot, waiving.base) {
                continue;
            }
            covered.used = true;
            if !waiver.holds {
                let reason = waiver.placed.waiver.reason.clone().unwrap_or_else(|| "no reason given".to_owned());
                finding.evidence.push((NOT_HONOURED, reason));
            }
            if waiver.holds && finding.is_open() {
                let waiver = &waiver.placed.waiver;
                let line = waiver.written.source.position(waiver.written.span.start).line;
                finding.status = Status::Waived(Box::new(Waived {
                    reason: waiver.reason.clone().unwrap_or_else(|| "no reason given".to_owned()),
                    by: waiver.by.clone(),
                    expires: waiver.expires,
                    source: format!("{}:{line}", waiver.written.source.name()),
                    form: waiver.peer.unwrap_or(waiver.form),
                }));
            }
        }
    }
    judged
}

/// Takes a waiver out of a manifest; of one that names several checks only this name, while another is of use.
fn removal(waiver: &Judged, pattern: &str, waiving: &Waiving<'_>) -> Option<Fix> {
    let Waiver { written, form, .. } = &waiver.placed.waiver;
    let edit = match *form {
        "annotation" => {
            let object = waiving.snapshot.object(waiver.placed.object)?;
            Edit::Remove(Place::of(object.root().at_pointer(&waiver.placed.pointer)?.into()))
        }
        "comment" if waiver.covered.iter().all(|covered| !covered.used) => Edit::Text(written.span, String::new()),
        "comment" => {
            let text = written.source.text().get(written.span.start as usize..written.span.end as usize)?;
            let (head, rest) = text.split_once('[')?;
            let (list, tail) = rest.split_once(']')?;
            let kept: Vec<&str> = list.split(',').map(str::trim).filter(|id| *id != pattern).collect();
            Edit::Text(written.span, format!("{head}[{}]{tail}", kept.join(", ")))
        }
        _ => return None,
    };
    Some(Fix { title: "remove the waiver".into(), safety: Safety::Safe, edits: vec![edit] })
}

/// Says what is wrong with a waiver; what can still match comes back.
fn judge(placed: Placed, waiving: &Waiving<'_>, hygiene: &mut Vec<Finding>) -> Option<Judged> {
    let waiver = &placed.waiver;
    let mut faults: Vec<String> = placed.faults.clone();
    let mut covered = Vec::new();
    // What a tool does not have keeps it from nothing that stands beside it.
    let mut unknown: Vec<String> = Vec::new();
    for pattern in &waiver.checks {
        let ids = match waiver.peer {
            Some(peer) => peers::ids(peer, pattern, waiving.catalogue),
            None => ids(pattern, waiving.catalogue),
        };
        match ids {
            Ok(ids) => covered.push(Covered { pattern: pattern.clone(), ids, used: false }),
            Err(fault) if waiver.peer.is_some() && waiver.checks.len() > 1 => unknown.push(fault),
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
    let has_reason = waiver.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    // Other tools ask for no reason; the organisation may.
    if waiver.peer.is_none() && !has_reason {
        faults.push("has no reason: write one after the check".to_owned());
    }
    if waiver.peer.is_some() && waiving.policy.peer_waivers == PeerWaivers::Report {
        faults.push("is not honoured: the organisation's configuration only reports those of other tools".to_owned());
    }
    if waiver.peer.is_some() {
        locked_away(&placed, &mut covered, waiving, hygiene);
    }
    faults.extend(denied(waiver, &covered, waiving));
    let mut holds = faults.is_empty();
    for fault in faults.iter().chain(&unknown) {
        let whose = waiver.peer.map_or_else(|| "waiver".to_owned(), |peer| format!("{peer}'s waiver"));
        report(hygiene, waiving, "manifest/invalid-waiver", &placed, format!("{whose} {fault}"));
    }
    if let Some(expires) = waiver.expires.filter(|&expires| expires < waiving.today) {
        let message = format!("{} expired on {expires}", described(waiver, &waiver.checks.join("`, `")));
        report(hygiene, waiving, "manifest/expired-waiver", &placed, message);
        holds = false;
    }
    if !holds {
        // What does not hold is reported once, as what it is, and not as unused as well.
        return None;
    }
    let holds = !is_only_reported(&placed, waiving);
    Some(Judged { placed, covered, matcher, holds })
}

/// In a cluster the author of an object writes its annotations, and is not who decides: they are told and do not hold,
/// unless the organisation's configuration names the form.
fn is_only_reported(placed: &Placed, waiving: &Waiving<'_>) -> bool {
    let named = |sources: &Vec<String>| sources.contains(&placed.waiver.form.to_owned());
    let live = waiving.snapshot.object(placed.object).is_some_and(|object| object.is_live());
    live && !waiving.policy.sources.as_ref().is_some_and(named)
}

/// How messages name a waiver of this pattern.
fn described(waiver: &Waiver, pattern: &str) -> String {
    match waiver.peer {
        Some(peer) if pattern == "*" => format!("{peer}'s waiver of everything"),
        Some(peer) => format!("{peer}'s waiver of `{pattern}`"),
        None => format!("waiver of `{pattern}`"),
    }
}

fn is_locked(id: &str, waiving: &Waiving<'_>) -> bool {
    let locks = |lock: &String| ids(lock, waiving.catalogue).is_ok_and(|ids| ids.contains(&id));
    waiving.policy.locked.iter().any(locks)
}

/// A waiver of another tool often covers many checks: a lock takes away those that it names, and leaves the others.
fn locked_away(placed: &Placed, covered: &mut Vec<Covered>, waiving: &Waiving<'_>, hygiene: &mut Vec<Finding>) {
    // What is locked entirely is denied; what means nothing here goes on meaning nothing.
    covered.retain_mut(|pattern| {
        let (away, rest): (Vec<_>, Vec<_>) = pattern.ids.iter().copied().partition(|id| is_locked(id, waiving));
        if away.is_empty() {
            return true;
        }
        pattern.ids = rest;
        let message = format!(
            "{} does not cover `{}`: the organisation's configuration locks it",
            described(&placed.waiver, &pattern.pattern),
            away.join("`, `")
        );
        report(hygiene, waiving, "manifest/invalid-waiver", placed, message);
        !pattern.ids.is_empty()
    });
}

/// The organisation's say.
fn denied(waiver: &Waiver, covered: &[Covered], waiving: &Waiving<'_>) -> Vec<String> {
    let policy = waiving.policy;
    let mut faults = Vec::new();
    for pattern in covered {
        if let Some(id) = pattern.ids.iter().find(|id| is_locked(id, waiving)) {
            faults.push(format!("of `{id}` is denied: the organisation's configuration locks this check"));
        }
    }
    for field in &policy.require {
        let missing = match field.as_str() {
            "by" => waiver.by.is_none(),
            "expires" => waiver.expires.is_none(),
            "reason" => waiver.reason.is_none() && waiver.peer.is_some(),
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
        rendered_from: Vec::new(),
        rendered_remedy: None,
        container: None,
        place: Place { node: NodeId::ROOT, missing: Vec::new(), part: Some(written.span) },
        pointer: placed.pointer.clone(),
        span: written.span,
        hidden: Vec::new(),
        message,
        label: None,
        pss: None,
        evidence: Vec::new(),
        related: Vec::new(),
        fixes: Vec::new(),
        is_offered: false,
        status: Status::Open,
        fingerprint: String::new(),
    });
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
