//! What is known of a cluster that is watched: its objects, and what was said of each.

use crate::args::Scan;
use crate::commands::judge::Session;
use crate::commands::live;
use crate::exit::Exit;
use ironclad_check::{Settled, Subscription, run_alone, run_but};
use ironclad_cluster::{Event, Failure, Request, Stream, Unseen};
use ironclad_model::{Finding, Identity, Kind, ObjectId, Report, Severity, Snapshot, UnitId};
use ironclad_tree::Document;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Objects that are judged alone side by side: few beside what a large cluster holds.
const BATCH: usize = 2_048;

/// Resource (by its first stream), namespace, name: in the order of a scan.
type Key = (usize, String, String);

/// What a judgement takes besides objects.
pub(super) struct Desk<'a> {
    pub(super) session: Session,
    pub(super) request: Request,
    pub(super) arguments: &'a Scan,
    /// `cluster:CONTEXT`
    pub(super) source: String,
}

/// A finding that was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Known {
    pub(super) fingerprint: u128,
    /// Hash of what may change although the finding is the same.
    content: u64,
    pub(super) check: &'static str,
    pub(super) severity: Severity,
}

/// An object.
struct Slot {
    /// Where it comes from: of one resource there may be several.
    stream: usize,
    document: Arc<Document>,
    /// Checks that looked at nothing else.
    settled: Settled,
    /// What they said.
    known: Box<[Known]>,
}

/// A finding that is none any more.
pub(super) struct Gone {
    pub(super) known: Known,
    pub(super) object: Option<Identity>,
}

/// What a judgement changed. The findings are about the snapshot.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) snapshot: Snapshot,
    /// Each with whether it is new; else it changed.
    pub(super) found: Vec<(Finding, bool)>,
    pub(super) gone: Vec<Gone>,
}

/// The cluster.
pub(super) struct World {
    /// For each stream the resource that it is of.
    resource_of: Vec<usize>,
    /// `apiVersion` and `kind` of each stream's objects.
    types: Vec<Arc<(String, String)>>,
    /// Resource of Namespaces, where they are watched.
    namespace_resource: Option<usize>,
    slots: BTreeMap<Key, Slot>,
    changed: BTreeSet<Key>,
    /// Findings that hang on more than an object, with the object that they are in.
    joined: BTreeMap<u128, (Known, Option<Key>)>,
    /// Streams that are lost, and why.
    lost: Vec<Option<Failure>>,
    begun: Vec<bool>,
    failures: bool,
}

impl World {
    pub(super) fn new(streams: &[Stream]) -> World {
        let first =
            |stream: &Stream| streams.iter().position(|one| one.resource == stream.resource).unwrap_or_default();
        let is_namespaces = |stream: &Stream| stream.resource.known_kind() == Kind::NAMESPACE;
        World {
            resource_of: streams.iter().map(first).collect(),
            types: streams
                .iter()
                .map(|stream| Arc::new((stream.resource.api_version(), stream.resource.kind.clone())))
                .collect(),
            namespace_resource: streams.iter().position(is_namespaces),
            slots: BTreeMap::new(),
            changed: BTreeSet::new(),
            joined: BTreeMap::new(),
            lost: vec![None; streams.len()],
            begun: vec![false; streams.len()],
            failures: false,
        }
    }

    /// Was every listing read, or is known to fail?
    pub(super) fn has_begun(&self) -> bool {
        self.begun.iter().all(|begun| *begun)
    }

    pub(super) fn began(&self, stream: usize) -> bool {
        self.begun.get(stream).copied().unwrap_or_default()
    }

    pub(super) fn is_lost(&self, stream: usize) -> bool {
        self.lost.get(stream).is_some_and(Option::is_some)
    }

    /// What cannot be seen now.
    pub(super) fn unseen(&self, streams: &[Stream]) -> Vec<Unseen> {
        let one = |(stream, lost): (&Stream, &Option<Failure>)| {
            let failure = lost.clone()?;
            Some(Unseen { resource: stream.resource.clone(), namespace: stream.namespace.clone(), failure })
        };
        // A listing that is only out of date comes at once.
        let counts = |unseen: &Unseen| !matches!(unseen.failure.code, "cluster/gone" | "cluster/not-found");
        streams.iter().zip(&self.lost).filter_map(one).filter(counts).collect()
    }

    /// Makes room for the last stream, whose resource the cluster serves from now on.
    pub(super) fn grow(&mut self, streams: &[Stream]) {
        let World { resource_of, types, namespace_resource, .. } = World::new(streams);
        (self.resource_of, self.types, self.namespace_resource) = (resource_of, types, namespace_resource);
        self.lost.resize(streams.len(), None);
        self.begun.resize(streams.len(), false);
    }

    /// Takes an event in. What went with its objects is returned where anything is to be judged again.
    pub(super) fn take(&mut self, event: Event) -> Option<Vec<Gone>> {
        match event {
            Event::Listed { stream, documents } => {
                let was_unseen = self.lost[stream].take().is_some();
                self.begun[stream] = true;
                let (changed, gone) = self.replace(stream, documents);
                (changed || was_unseen || !gone.is_empty()).then_some(gone)
            }
            Event::Changed { stream, document } => {
                let key = self.key(stream, &document);
                self.put(stream, key, *document).then(Vec::new)
            }
            Event::Gone { stream, namespace, name } => {
                let key = (self.resource_of[stream], namespace.unwrap_or_default(), name);
                self.drop_object(&key)
            }
            Event::Lost { stream, failure } => {
                self.lost[stream] = Some(failure);
                self.begun[stream] = true;
                Some(Vec::new())
            }
            Event::Served { .. } => None,
            Event::Unserved { stream } => {
                let was_unseen = self.lost[stream].take().is_some();
                self.begun[stream] = true;
                let (changed, gone) = self.replace(stream, Vec::new());
                (changed || was_unseen).then_some(gone)
            }
        }
    }

    fn key(&self, stream: usize, document: &Document) -> Key {
        let text = |pointer: &str| {
            let node = document.root().at_pointer(pointer);
            node.and_then(|node| node.as_str()).unwrap_or_default().to_owned()
        };
        (self.resource_of[stream], text("/metadata/namespace"), text("/metadata/name"))
    }

    /// What is not in the listing is gone.
    fn replace(&mut self, stream: usize, documents: Vec<Document>) -> (bool, Vec<Gone>) {
        let resource = self.resource_of[stream];
        let from = (resource, String::new(), String::new());
        let range = from..(resource + 1, String::new(), String::new());
        let of_stream = self.slots.range(range).filter(|(_, slot)| slot.stream == stream);
        let mut before: BTreeSet<Key> = of_stream.map(|(key, _)| key.clone()).collect();
        let mut changed = false;
        for document in documents {
            let key = self.key(stream, &document);
            before.remove(&key);
            changed |= self.put(stream, key, document);
        }
        let mut gone = Vec::new();
        for key in &before {
            changed = true;
            gone.extend(self.drop_object(key).unwrap_or_default());
        }
        (changed, gone)
    }

    /// Is it another than before?
    fn put(&mut self, stream: usize, key: Key, document: Document) -> bool {
        let slot = self.slots.get_mut(&key);
        if slot.as_ref().is_some_and(|slot| slot.document.root().eq_value(document.root())) {
            return false;
        }
        let document = Arc::new(document);
        match slot {
            Some(slot) => slot.document = document,
            None => {
                let slot = Slot { stream, document, settled: Settled::default(), known: Box::default() };
                self.slots.insert(key.clone(), slot);
            }
        }
        self.touch(key);
        true
    }

    /// It is to be judged again; with a Namespace everything in it, as waivers may stand there.
    fn touch(&mut self, key: Key) {
        if self.namespace_resource == Some(key.0) {
            self.changed.extend(self.slots.keys().filter(|other| other.1 == key.2).cloned());
        }
        self.changed.insert(key);
    }

    fn drop_object(&mut self, key: &Key) -> Option<Vec<Gone>> {
        let slot = self.slots.remove(key)?;
        self.changed.remove(key);
        let object = Some(self.identity(key));
        Some(slot.known.into_iter().map(|known| Gone { known, object: object.clone() }).collect())
    }

    fn identity(&self, (resource, namespace, name): &Key) -> Identity {
        let of_type = &self.types[*resource];
        Identity {
            api_version: of_type.0.clone(),
            kind: of_type.1.clone(),
            namespace: Some(namespace.clone()).filter(|namespace| !namespace.is_empty()),
            name: name.clone(),
        }
    }

    /// All objects, and the key of each: by the index that its id is.
    pub(super) fn whole(&self) -> (Snapshot, Vec<&Key>) {
        let mut builder = Snapshot::builder();
        for (key, slot) in &self.slots {
            builder.add_typed(Arc::clone(&slot.document), UnitId::default(), &self.types[key.0]);
        }
        (builder.build(), self.slots.keys().collect())
    }

    /// Judges every object alone and all together, and says nothing: the report has.
    pub(super) fn begin(&mut self, desk: &mut Desk<'_>) {
        self.changed = self.slots.keys().cloned().collect();
        let _ = self.judge_changed(desk);
        let _ = self.judge_joined(desk);
    }

    /// Judges what changed, each object alone.
    pub(super) fn judge_changed(&mut self, desk: &Desk<'_>) -> Vec<Changes> {
        let changed: Vec<Key> = std::mem::take(&mut self.changed).into_iter().collect();
        changed.chunks(BATCH).map(|keys| self.judge_alone(keys, desk)).collect()
    }

    fn judge_alone(&mut self, keys: &[Key], desk: &Desk<'_>) -> Changes {
        let mut builder = Snapshot::builder();
        let mut beside: BTreeSet<Key> = BTreeSet::new();
        for key in keys {
            let Some(slot) = self.slots.get(key) else { continue };
            builder.add_typed(Arc::clone(&slot.document), UnitId::default(), &self.types[key.0]);
            beside.extend(self.namespace_resource.map(|resource| (resource, String::new(), key.1.clone())));
        }
        // Waivers of a Namespace cover what is in it.
        for key in beside.iter().filter(|key| keys.binary_search(key).is_err()) {
            if let Some(slot) = self.slots.get(key) {
                builder.add_typed(Arc::clone(&slot.document), UnitId::default(), &self.types[key.0]);
            }
        }
        let snapshot = builder.build();
        let present: Vec<&Key> = keys.iter().filter(|key| self.slots.contains_key(*key)).collect();
        let ids: Vec<ObjectId> = (0..present.len() as u32).map(ObjectId).collect();
        let judged = run_alone(&snapshot, &ids, &desk.session.run);
        let mut changes = Changes::default();
        let place: BTreeMap<&str, usize> =
            desk.session.run.enabled.iter().enumerate().map(|(index, one)| (one.check.meta.id, index)).collect();
        let present: Vec<Key> = present.into_iter().cloned().collect();
        for (key, (mut findings, settled)) in present.into_iter().zip(judged) {
            desk.settle(&mut findings, &snapshot);
            let now: Vec<Known> = findings.iter().map(known).collect();
            let identity = self.identity(&key);
            let Some(slot) = self.slots.get_mut(&key) else { continue };
            let before: BTreeMap<u128, &Known> = slot.known.iter().map(|known| (known.fingerprint, known)).collect();
            for (finding, known) in findings.into_iter().zip(&now) {
                // What hung on others, and does so no more, was told already.
                let joined = self.joined.remove(&known.fingerprint).map(|(known, _)| known);
                changes.compare(finding, known, before.get(&known.fingerprint).copied().or(joined.as_ref()));
            }
            let still: BTreeSet<u128> = now.iter().map(|known| known.fingerprint).collect();
            for known in slot.known.iter().filter(|known| !still.contains(&known.fingerprint)) {
                // What hangs on others from now on is for the judgement of all to say.
                match place.get(known.check).is_some_and(|index| settled.contains(*index)) {
                    true => changes.gone.push(Gone { known: known.clone(), object: Some(identity.clone()) }),
                    false => drop(self.joined.insert(known.fingerprint, (known.clone(), Some(key.clone())))),
                }
            }
            slot.settled = settled;
            slot.known = now.into_boxed_slice();
        }
        changes.snapshot = snapshot;
        changes
    }

    /// Judges all objects together, but for what each alone decides.
    pub(super) fn judge_together(&mut self, desk: &mut Desk<'_>, streams: &[Stream]) -> Vec<Changes> {
        let mut unseen: Vec<_> =
            self.unseen(streams).iter().map(|unseen| live::kind_of(unseen, &desk.request)).collect();
        unseen.extend(live::secrets_unseen(&desk.request));
        desk.session.run.unseen = unseen;
        vec![self.judge_joined(desk)]
    }

    fn judge_joined(&mut self, desk: &Desk<'_>) -> Changes {
        let (snapshot, keys) = self.whole();
        let settled: Vec<&Settled> = self.slots.values().map(|slot| &slot.settled).collect();
        let of = |object: &ironclad_model::Object| settled.get(object.id().0 as usize).copied();
        let outcome = run_but(&snapshot, &desk.session.run, &of);
        let failures = !outcome.failures.is_empty();
        let mut findings = outcome.findings;
        desk.settle(&mut findings, &snapshot);
        let mut changes = Changes::default();
        let mut now: BTreeMap<u128, (Known, Option<Key>)> = BTreeMap::new();
        for finding in findings {
            let known = known(&finding);
            let before = self.joined.get(&known.fingerprint).map(|(known, _)| known);
            let key = keys.get(finding.object.0 as usize).map(|key| (*key).clone());
            changes.compare(finding, &known, before);
            now.insert(known.fingerprint, (known, key));
        }
        for (fingerprint, (known, key)) in std::mem::take(&mut self.joined) {
            if !now.contains_key(&fingerprint) {
                changes.gone.push(Gone { known, object: key.map(|key| self.identity(&key)) });
            }
        }
        self.joined = now;
        self.failures = failures;
        changes.snapshot = snapshot;
        changes
    }

    /// Is there something now that keeps the judgement from being complete?
    pub(super) fn is_incomplete(&self) -> bool {
        self.failures || self.lost.iter().flatten().any(|failure| failure.code != "cluster/not-found")
    }

    /// Is there a finding now that fails?
    pub(super) fn reaches(&self, threshold: Option<Severity>) -> bool {
        let alone = self.slots.values().flat_map(|slot| slot.known.iter());
        let mut all = alone.chain(self.joined.values().map(|(known, _)| known));
        threshold.is_some_and(|threshold| all.any(|known| known.severity >= threshold))
    }
}

impl Desk<'_> {
    /// Only what counts stays.
    fn settle(&self, findings: &mut Vec<Finding>, snapshot: &Snapshot) {
        if findings.is_empty() {
            return;
        }
        self.session.settle(findings, snapshot);
        if self.arguments.extent.no_system_namespaces {
            live::leave_out_system(findings, snapshot, &self.source);
        }
    }
}

impl Changes {
    fn compare(&mut self, finding: Finding, now: &Known, before: Option<&Known>) {
        match before {
            None => self.found.push((finding, true)),
            Some(before) if before.content != now.content => self.found.push((finding, false)),
            Some(_) => {}
        }
    }
}

fn known(finding: &Finding) -> Known {
    let mut hasher = std::hash::DefaultHasher::new();
    finding.message.hash(&mut hasher);
    finding.severity.as_str().hash(&mut hasher);
    finding.label.hash(&mut hasher);
    Known {
        fingerprint: u128::from_str_radix(&finding.fingerprint, 16).unwrap_or_default(),
        content: hasher.finish(),
        check: finding.check,
        severity: finding.severity,
    }
}

/// What a report says beside what changes decides the exit code as well: what could not be read besides the cluster, and
/// what is wrong with waivers.
pub(super) fn standing(report: &Report, session: &Session) -> Exit {
    let of_cluster = |code: &str| code.starts_with("cluster/");
    let mut errors = report.problems.iter().filter(|p| p.problem.severity == ironclad_tree::Severity::Error);
    if errors.any(|error| !of_cluster(error.problem.code) || error.problem.code == "cluster/silent-group") {
        return Exit::Incomplete;
    }
    let is_hygiene = |finding: &Finding| {
        let check = session.catalogue.get(finding.check);
        check.is_some_and(|check| matches!(check.run, Subscription::Waivers))
    };
    let mut hygiene = report.findings.iter().filter(|finding| finding.is_open() && is_hygiene(finding));
    match session.fail_on {
        Some(threshold) if hygiene.any(|finding| finding.severity >= threshold) => Exit::Findings,
        _ => Exit::Clean,
    }
}
