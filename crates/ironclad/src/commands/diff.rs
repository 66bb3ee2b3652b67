//! `ironclad diff OLD NEW`: which objects and findings came, went and changed.
//!
//! An object is the same one when group, kind, namespace and name are; it changed when a field did that somebody sets.
//! What a server writes (`status`, versions, times, ids) is left out, so a file can be compared with its cluster. What one
//! side could not see is neither come nor gone.

use super::judge::Session;
use super::{scan, settings};
use crate::args::{Diff, Global, Input};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use crate::progress::Line;
use ironclad_load::Loaded;
use ironclad_model::{Finding, Kind, Object, Snapshot, Status, group_of};
use ironclad_tree::{Kind as NodeKind, NodeRef, Severity};
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
        output::print(&as_text(&objects, &findings, &old, &new))?;
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
    /// On one side, where the other could not see any such: with that other's name.
    unseen: Vec<(Identity, &'static str)>,
    /// With the fields that changed, as JSON pointers whose list elements are named where they have names.
    changed: Vec<(Identity, Vec<String>)>,
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
                    let fields = changes(before, object);
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

/// Fields that a server writes.
const SERVERS_OWN: &[&str] = &[
    "/status",
    "/apiVersion",
    "/kind",
    "/metadata/resourceVersion",
    "/metadata/generation",
    "/metadata/uid",
    "/metadata/creationTimestamp",
    "/metadata/managedFields",
    "/metadata/selfLink",
    "/metadata/annotations/deployment.kubernetes.io~1revision",
    "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
];
/// Fields of one object that are named.
const MOST: usize = 50;

fn changes(old: &Object, new: &Object) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![(String::new(), old.root(), new.root())];
    while let Some((at, old, new)) = pending.pop() {
        if SERVERS_OWN.contains(&at.as_str()) || old.eq_value(new) {
            continue;
        }
        match (old.kind(), new.kind()) {
            (NodeKind::Mapping, NodeKind::Mapping) => {
                for entry in old.entries() {
                    let below = format!("{at}/{}", token(entry.key()));
                    match new.get_str(entry.key()) {
                        Some(other) => pending.push((below, entry.value(), other.value())),
                        None => push(&mut found, below, Some(entry.value())),
                    }
                }
                for entry in new.entries().filter(|entry| old.get_str(entry.key()).is_none()) {
                    push(&mut found, format!("{at}/{}", token(entry.key())), Some(entry.value()));
                }
            }
            (NodeKind::Sequence, NodeKind::Sequence) if is_keyed(old) && is_keyed(new) => {
                for item in old.items() {
                    let below = || format!("{at}[name={}]", key(item).unwrap_or_default());
                    match new.items().find(|other| key(*other) == key(item)) {
                        Some(other) => pending.push((below(), item, other)),
                        None => found.push(below()),
                    }
                }
                let came = new.items().filter(|item| !old.items().any(|other| key(other) == key(*item)));
                found.extend(came.map(|item| format!("{at}[name={}]", key(item).unwrap_or_default())));
                // The same elements in another order: variables may refer to those before them, init containers run in it.
                let order = |list: NodeRef<'_>| list.items().filter_map(key).map(str::to_owned).collect::<Vec<_>>();
                let sorted = |list: NodeRef<'_>| order(list).into_iter().collect::<BTreeSet<_>>();
                if sorted(old) == sorted(new) && order(old) != order(new) {
                    found.push(at);
                }
            }
            (NodeKind::Sequence, NodeKind::Sequence) if old.len() == new.len() => {
                let pairs = old.items().zip(new.items()).enumerate();
                pending.extend(pairs.map(|(index, (old, new))| (format!("{at}/{index}"), old, new)));
            }
            _ if are_alike(old, new) => {}
            _ => push(&mut found, at, None),
        }
    }
    found.sort();
    found.truncate(MOST);
    found
}

/// Do the elements of a list have names, each its own? Then an element is the same one wherever it stands.
fn is_keyed(list: NodeRef<'_>) -> bool {
    let names: BTreeSet<&str> = list.items().filter_map(key).collect();
    !list.is_empty() && names.len() == list.len()
}

fn key<'n>(item: NodeRef<'n>) -> Option<&'n str> {
    item.get_str("name")?.value().as_str()
}

/// How a snapshot writes a secret that it hides; under a key of the user a dash and 32 hexadecimal digits follow.
const HIDDEN: &str = "ironclad-redacted";

/// Do two texts differ in nothing but what is hidden in them, and hidden without a key in one? Nobody can tell then whether
/// a secret changed, and that the key came is no change of the object.
fn are_alike(old: NodeRef<'_>, new: NodeRef<'_>) -> bool {
    let (Some(old), Some(new)) = (old.as_str(), new.as_str()) else { return false };
    if !old.contains(HIDDEN) || !new.contains(HIDDEN) {
        return false;
    }
    let ((old, old_keyed), (new, new_keyed)) = (without_codes(old), without_codes(new));
    old == new && !(old_keyed && new_keyed)
}

/// The text without the codes of its marks, and whether every mark has one.
fn without_codes(text: &str) -> (String, bool) {
    let mut parts = text.split(HIDDEN);
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut keyed = true;
    for part in parts {
        let code = part.strip_prefix('-').and_then(|rest| rest.get(..32));
        let code = code.filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        keyed &= code.is_some();
        out.push_str(HIDDEN);
        out.push_str(code.map_or(part, |code| &part[code.len() + 1..]));
    }
    (out, keyed)
}

fn push(found: &mut Vec<String>, at: String, value: Option<NodeRef<'_>>) {
    // `status: {}` and its like say nothing.
    let is_empty = value.is_some_and(|node| node.is_null() || node.text().is_none() && node.is_empty());
    if !is_empty && !SERVERS_OWN.contains(&at.as_str()) {
        found.push(at);
    }
}

fn token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn named((group, kind, namespace, name): &Identity) -> String {
    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
    let namespace = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
    format!("{kind}{group} {namespace}{name}")
}

fn as_text(objects: &Objects, findings: &Findings<'_>, old: &Side, new: &Side) -> String {
    let mut out = String::new();
    for identity in &objects.came {
        let _ = writeln!(out, "+ {}", named(identity));
    }
    for identity in &objects.went {
        let _ = writeln!(out, "- {}", named(identity));
    }
    for (identity, side) in &objects.unseen {
        let _ = writeln!(out, "? {} (nobody knows: the {side} side does not show such)", named(identity));
    }
    for (identity, fields) in &objects.changed {
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
    findings.opened.iter().for_each(|finding| line("opened", finding, new, ""));
    findings.changed.iter().for_each(|(was, is)| line("changed", is, new, &format!(": {}", difference(was, is))));
    findings.resolved.iter().for_each(|finding| line("resolved", finding, old, ""));
    let unseen = match objects.unseen.len() {
        0 => String::new(),
        count => format!(", {count} unknown"),
    };
    let _ = writeln!(
        out,
        "{} objects came, {} went, {} changed{unseen}; {} findings opened, {} changed, {} resolved",
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

fn as_json(objects: &Objects, of: &Findings<'_>, old: &Side, new: &Side) -> Value {
    let identity = |(group, kind, namespace, name): &Identity| {
        let namespace = (!namespace.is_empty()).then_some(namespace);
        json!({"group": group, "kind": kind, "namespace": namespace, "name": name})
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
    let changed = objects.changed.iter().map(|(id, fields)| json!({"object": identity(id), "fields": fields}));
    json!({
        "schema": "ironclad.diff/v1",
        "objects": {
            "came": objects.came.iter().map(identity).collect::<Vec<_>>(),
            "went": objects.went.iter().map(identity).collect::<Vec<_>>(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_tree::{Limits, Source, parse};

    #[test]
    fn marks_without_a_key_tell_no_change() {
        let code = |digit: &str| format!("{HIDDEN}-{}", digit.repeat(32));
        let alike = |old: &str, new: &str| {
            let text = format!("- \"{old}\"\n- \"{new}\"\n");
            let document = parse(&Source::new("t", text), &Limits::default()).documents.remove(0);
            let items: Vec<_> = document.root().items().collect();
            are_alike(items[0], items[1])
        };
        assert!(alike(HIDDEN, &code("a")) && alike(&format!("-p {} x", code("a")), &format!("-p {HIDDEN} x")));
        // Under a key it is known; and what stands around a mark is never hidden.
        assert!(!alike(&code("a"), &code("b")));
        assert!(!alike(HIDDEN, "plain") && !alike(&format!("-p {HIDDEN}"), &format!("-q {}", code("a"))));
    }
}
