//! `ironclad diff OLD NEW`: which objects and findings came, went and changed.
//!
//! An object is the same one when group, kind, namespace and name are; it changed when a field did that somebody sets.
//! What a server writes (`status`, versions, times, ids) is left out, so a file can be compared with its cluster. What one
//! side could not see is neither come nor gone.

mod fields;

use super::judge::Session;
use super::snapshot::Redactor;
use super::{scan, settings};
use crate::args::{Diff, Global, Input};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use crate::progress::Line;
use fields::{Change, changes};
use ironclad_load::Loaded;
use ironclad_model::{Finding, Kind, Object, Snapshot, Status, group_of};
use ironclad_tree::{Choice, Severity};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// One side: what was read and what is wrong with it.
struct Side {
    loaded: Loaded,
    findings: Vec<Finding>,
    incomplete: bool,
}

/// Group, kind, namespace, name.
type Identity = (String, String, String, String);

/// Compares.
pub(crate) fn run(arguments: &Diff, global: &Global) -> anyhow::Result<Exit> {
    let is_json = match arguments.format.as_str() {
        "text" => false,
        "json" => true,
        other => return Err(user_error(format!("`{other}` is not a format"), "text or json".to_owned())),
    };
    let line = Line::start(global.quiet);
    let (old, new) = (side(&arguments.old, arguments, &line, global)?, side(&arguments.new, arguments, &line, global)?);
    drop(line);
    let objects = Objects::of(&old, &new);
    let seen = |finding: &&Finding, side: &Side| {
        let object = side.loaded.snapshot.object(finding.object).map(identity);
        !object.is_some_and(|object| objects.unseen.iter().any(|(unseen, _)| *unseen == object))
    };
    let findings = Findings {
        opened: missing(&new.findings, &old.findings).into_iter().filter(|f| seen(f, &new)).collect(),
        resolved: missing(&old.findings, &new.findings).into_iter().filter(|f| seen(f, &old)).collect(),
        changed: changed(&old.findings, &new.findings),
    };
    let same = objects.is_empty() && findings.is_empty();
    if is_json {
        let document = as_json(&objects, &findings, &old, &new);
        output::print_raw(format!("{document:#}\n").as_bytes())?;
    } else {
        output::print(&as_text(&objects, &findings, &old, &new, global.verbose > 0))?;
    }
    Ok(match (old.incomplete || new.incomplete, same) {
        (true, _) => Exit::Incomplete,
        (false, true) => Exit::Clean,
        (false, false) => Exit::Findings,
    })
}

fn side(path: &Path, arguments: &Diff, line: &Line, global: &Global) -> anyhow::Result<Side> {
    let input = Input {
        paths: vec![path.to_owned()],
        reading: arguments.reading.clone(),
        charts: arguments.charts.clone(),
        kubernetes_version: arguments.kubernetes_version.clone(),
    };
    let mut session = Session::new(&input, &arguments.select, None, global)?;
    let mut incomplete = scan::complain(&session.problems);
    let loaded = settings::in_pool(global, || ironclad_load::load(&session.request, line.reading()))?;
    session.look_at(&loaded, arguments.kubernetes_version.is_some());
    incomplete |= scan::complain(&loaded.problems);
    let judged = settings::in_pool(global, || session.judge(&loaded.snapshot, &loaded.comments))?;
    incomplete |= scan::complain(&judged.problems) | !judged.failures.is_empty();
    Ok(Side { loaded, findings: judged.findings, incomplete })
}

impl Side {
    /// Would it show such an object if there were one? Who read a part of a file cannot tell, and who asked for some
    /// namespaces knows nothing of others.
    fn shows(&self, object: &Object) -> bool {
        let asked = self.loaded.live.as_ref().and_then(|live| live.namespaces.as_ref());
        let elsewhere = |namespace: &str| asked.is_some_and(|asked| !asked.contains(namespace));
        if object.namespace().is_some_and(elsewhere) {
            return false;
        }
        let kind = object.kind();
        let problems = self.loaded.problems.iter().map(|problem| &problem.problem);
        let mut errors = problems.filter(|problem| problem.severity == Severity::Error);
        let unseen = self.loaded.live.iter().flat_map(|live| &live.unseen);
        errors.all(|error| error.code == "cluster/not-observed") && !unseen.map(|unseen| unseen.kind).any(|k| k == kind)
    }
}

/// What became of the findings.
struct Findings<'f> {
    opened: Vec<&'f Finding>,
    resolved: Vec<&'f Finding>,
    /// Both have it: as it was, and as it is.
    changed: Vec<(&'f Finding, &'f Finding)>,
}

impl Findings<'_> {
    fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.resolved.is_empty() && self.changed.is_empty()
    }
}

/// Open findings that the others do not have at all: one that a waiver covers there is not gone.
fn missing<'f>(findings: &'f [Finding], others: &[Finding]) -> Vec<&'f Finding> {
    let known: BTreeSet<&str> = others.iter().map(|f| f.fingerprint.as_str()).collect();
    findings.iter().filter(|f| f.is_open() && !known.contains(f.fingerprint.as_str())).collect()
}

/// Findings of both sides that differ in severity, in words, or in whether a waiver covers them; one that is waived on
/// both sides says nothing.
fn changed<'f>(old: &'f [Finding], new: &'f [Finding]) -> Vec<(&'f Finding, &'f Finding)> {
    let before: BTreeMap<&str, &Finding> = old.iter().map(|f| (f.fingerprint.as_str(), f)).collect();
    let pair = |now: &'f Finding| Some((*before.get(now.fingerprint.as_str())?, now));
    let differs = |(old, new): &(&Finding, &Finding)| {
        let open = old.is_open() || new.is_open();
        let waived = status(old) != status(new);
        open && (waived || old.severity != new.severity || old.message != new.message)
    };
    new.iter().filter_map(pair).filter(differs).collect()
}

fn status(finding: &Finding) -> &'static str {
    match finding.status {
        Status::Open => "open",
        Status::Waived(_) => "waived",
        Status::Baselined => "baselined",
    }
}

/// What is different, in words.
fn difference(old: &Finding, new: &Finding) -> String {
    let mut words = Vec::new();
    if status(old) != status(new) {
        let reason = match &new.status {
            Status::Waived(waived) => format!(": {}", waived.reason),
            _ => String::new(),
        };
        words.push(format!("was {}, is {}{reason}", status(old), status(new)));
    }
    if old.severity != new.severity {
        words.push(format!("was {}, is {}", old.severity, new.severity));
    }
    if old.message != new.message {
        words.push(format!("said \"{}\"", old.message));
    }
    words.join("; ")
}

/// What became of the objects.
#[derive(Default)]
struct Objects {
    came: Vec<Identity>,
    went: Vec<Identity>,
    /// Those that another object made, which is there as well: with that one's kind and name. They come and go with it.
    made: BTreeMap<Identity, String>,
    /// On one side, where the other could not see any such: with that other's name.
    unseen: Vec<(Identity, &'static str)>,
    /// With the fields that changed.
    changed: Vec<(Identity, Vec<Change>)>,
}

impl Objects {
    fn of(old_side: &Side, new_side: &Side) -> Objects {
        let (old, new) = (by_identity(&old_side.loaded.snapshot), by_identity(&new_side.loaded.snapshot));
        let mut objects = Objects::default();
        for (identity, object) in &new {
            match old.get(identity) {
                None if !old_side.shows(object) => objects.unseen.push((identity.clone(), "old")),
                None => objects.came.push(identity.clone()),
                Some(before) => {
                    if before.root().eq_value(object.root()) {
                        continue;
                    }
                    // An object of a list is a part of its document.
                    let whole = |of: &Object| of.root().extract(of.document().source(), &mut |_, _| Choice::Keep);
                    let (old_whole, new_whole) = (whole(before), whole(object));
                    let mut redactor = Redactor::new(None);
                    redactor.learn(before.kind(), &old_whole);
                    redactor.learn(object.kind(), &new_whole);
                    let (old_shown, new_shown) =
                        (redactor.document(before.kind(), &old_whole), redactor.document(object.kind(), &new_whole));
                    let fields = changes(before, object, &old_shown, &new_shown);
                    if !fields.is_empty() {
                        objects.changed.push((identity.clone(), fields));
                    }
                }
            }
        }
        for (identity, object) in old.iter().filter(|(identity, _)| !new.contains_key(*identity)) {
            match new_side.shows(object) {
                true => objects.went.push(identity.clone()),
                false => objects.unseen.push((identity.clone(), "new")),
            }
        }
        let maker = |identity: &Identity| {
            let of = |side: &Side, object: &Object| {
                let owner = side.loaded.snapshot.controller_of(object)?;
                // A static pod's mirror is made by no object.
                (owner.kind() != Kind::NODE).then(|| format!("{}/{}", owner.kind_name(), owner.name()))
            };
            let new = new.get(identity).map(|object| of(new_side, object));
            new.or_else(|| old.get(identity).map(|object| of(old_side, object))).flatten()
        };
        let changed = objects.changed.iter().map(|(identity, _)| identity);
        let all = objects.came.iter().chain(&objects.went).chain(changed);
        objects.made = all.filter_map(|identity| Some((identity.clone(), maker(identity)?))).collect();
        objects
    }

    fn is_empty(&self) -> bool {
        self.came.is_empty() && self.went.is_empty() && self.changed.is_empty()
    }
}

/// The last of several objects of one identity is the one that counts.
fn by_identity(snapshot: &Snapshot) -> BTreeMap<Identity, &Object> {
    snapshot.objects().map(|object| (identity(object), object)).collect()
}

fn identity(object: &Object) -> Identity {
    let known = object.kind() != Kind::OTHER;
    let group = if known { object.kind().group() } else { group_of(object.api_version()) };
    let namespace = object.namespace().unwrap_or_default();
    (group.to_owned(), object.kind_name().to_owned(), namespace.to_owned(), object.name().to_owned())
}

fn named((group, kind, namespace, name): &Identity) -> String {
    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
    let namespace = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
    format!("{kind}{group} {namespace}{name}")
}

fn as_text(objects: &Objects, findings: &Findings<'_>, old: &Side, new: &Side, verbose: bool) -> String {
    let mut out = String::new();
    let is_shown = |identity: &&Identity| verbose || !objects.made.contains_key(*identity);
    for identity in objects.came.iter().filter(is_shown) {
        let _ = writeln!(out, "+ {}", named(identity));
    }
    for identity in objects.went.iter().filter(is_shown) {
        let _ = writeln!(out, "- {}", named(identity));
    }
    for (identity, side) in &objects.unseen {
        let _ = writeln!(out, "? {} (nobody knows: the {side} side does not show such)", named(identity));
    }
    for (identity, fields) in objects.changed.iter().filter(|(identity, _)| is_shown(&identity)) {
        let _ = writeln!(out, "~ {}", named(identity));
        for field in fields {
            let _ = writeln!(out, "    {field}");
        }
    }
    let mut line = |sign: &str, finding: &Finding, side: &Side, more: &str| {
        let object = side.loaded.snapshot.object(finding.object);
        let object = object.map(|object| format!(" ({})", object.identity())).unwrap_or_default();
        let _ = writeln!(out, "{sign} {}[{}]: {}{object}{more}", finding.severity, finding.check, finding.message);
    };
    worst_first(&findings.opened).into_iter().for_each(|finding| line("opened", finding, new, ""));
    findings.changed.iter().for_each(|(was, is)| line("changed", is, new, &format!(": {}", difference(was, is))));
    worst_first(&findings.resolved).into_iter().for_each(|finding| line("resolved", finding, old, ""));
    let unseen = match objects.unseen.len() {
        0 => String::new(),
        count => format!(", {count} unknown"),
    };
    let made = match objects.made.len() {
        0 => String::new(),
        count if verbose => format!(" ({count} of them made by other objects)"),
        count => format!(" ({count} of them made by other objects and left out here: `-v` lists them)"),
    };
    let _ = writeln!(
        out,
        "{} objects came, {} went, {} changed{unseen}{made}; {} findings opened, {} changed, {} resolved",
        objects.came.len(),
        objects.went.len(),
        objects.changed.len(),
        findings.opened.len(),
        findings.changed.len(),
        findings.resolved.len()
    );
    // Names from manifests give a terminal no orders.
    out.chars().map(|c| if c.is_control() && c != '\n' { '\u{FFFD}' } else { c }).collect()
}

/// The worst first; the order of reports among equals.
fn worst_first<'f>(findings: &[&'f Finding]) -> Vec<&'f Finding> {
    let mut sorted = findings.to_vec();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    sorted
}

fn as_json(objects: &Objects, of: &Findings<'_>, old: &Side, new: &Side) -> Value {
    let identity = |(group, kind, namespace, name): &Identity| {
        let namespace = (!namespace.is_empty()).then_some(namespace);
        json!({"group": group, "kind": kind, "namespace": namespace, "name": name})
    };
    let with_maker = |id: &Identity| {
        let mut value = identity(id);
        if let Some(maker) = objects.made.get(id) {
            value["madeBy"] = json!(maker);
        }
        value
    };
    let finding = |finding: &Finding, side: &Side| -> Value {
        let object = side.loaded.snapshot.object(finding.object).map(|object| {
                let identity = object.identity();
                json!({"apiVersion": identity.api_version, "kind": identity.kind, "namespace": identity.namespace, "name": identity.name})
            });
        json!({
            "check": finding.check,
            "severity": finding.severity.as_str(),
            "message": finding.message,
            "object": object,
            "container": finding.container,
            "path": finding.pointer,
            "fingerprint": finding.fingerprint,
            "status": status(finding),
        })
    };
    let all =
        |findings: &[&Finding], side: &Side| -> Vec<Value> { findings.iter().map(|one| finding(one, side)).collect() };
    let both = |(was, is): &(&Finding, &Finding)| json!({"old": finding(was, old), "new": finding(is, new), "difference": difference(was, is)});
    let changed_findings: Vec<Value> = of.changed.iter().map(both).collect();
    let changed = objects.changed.iter().map(|(id, fields)| {
        let names: Vec<&str> = fields.iter().map(|change| change.at.as_str()).collect();
        let changes: Vec<Value> =
            fields.iter().map(|change| json!({"field": change.at, "old": change.old, "new": change.new})).collect();
        json!({"object": with_maker(id), "fields": names, "changes": changes})
    });
    json!({
        "schema": "ironclad.diff/v1",
        "objects": {
            "came": objects.came.iter().map(with_maker).collect::<Vec<_>>(),
            "went": objects.went.iter().map(with_maker).collect::<Vec<_>>(),
            "unseen": objects.unseen.iter().map(|(id, side)| json!({"object": identity(id), "side": side})).collect::<Vec<_>>(),
            "changed": changed.collect::<Vec<_>>(),
        },
        "findings": {
            "opened": all(&of.opened, new),
            "changed": changed_findings,
            "resolved": all(&of.resolved, old),
        },
    })
}
