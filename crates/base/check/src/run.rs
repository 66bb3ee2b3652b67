//! The runner: each object once, in parallel; then the snapshot checks; then one order for all.
//!
//! Invariant: what comes out depends on the snapshot and the configuration alone, not on threads. Findings are sorted
//! by source, position, check, pointer, message before anything else sees them.

use crate::sieve::Judged;
use crate::{Applies, Beside, Check, Cx, Level, Params, Schemas, Subscription, fingerprint, twins};
use ironclad_model::{CheckFailure, Finding, Kind, NotObserved, Object, ObjectId, Severity, Snapshot};
use ironclad_tree::{NodeRef, Span, f};
use ironclad_views::{Pod, WorkloadKinds, pods};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::any::{Any, TypeId};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// A check that runs, as configured.
#[derive(Clone)]
pub struct Enabled {
    /// The check.
    pub check: &'static Check,
    /// The configuration's severity, if it sets one.
    pub severity: Option<Severity>,
    /// Its parameters.
    pub params: Params,
}

impl Enabled {
    /// A check as nobody configured it.
    pub fn of(check: &'static Check) -> Enabled {
        Enabled { check, severity: None, params: Params::defaults(check.meta.params) }
    }
}

/// Objects that were asked for and not shown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct UnseenKind {
    /// Their kind; [`Kind::OTHER`] where it has no constant.
    pub kind: Kind,
    /// Are pods made from them?
    pub makes_pods: bool,
    /// Why, with the permission that would show them.
    pub reason: String,
}

impl UnseenKind {
    /// Does who looks at these kinds miss something?
    pub fn is_among(&self, kinds: &[Kind]) -> bool {
        kinds.iter().any(|kind| match *kind {
            Kind::ANY => true,
            Kind::ANY_POD => self.makes_pods,
            kind => kind == self.kind,
        })
    }
}

/// Everything that decides a run besides the objects.
#[derive(Clone, Default)]
pub struct RunConfig {
    /// The checks to run.
    pub enabled: Vec<Enabled>,
    /// Minor version of Kubernetes (`37` for 1.37).
    pub version: u8,
    /// Judge exactly a Pod Security Standard of this level and minor version.
    pub pss: Option<(Level, u8)>,
    /// Judge Pod Security rows without the default profile's allowances.
    pub exact_pss: bool,
    /// The set is the whole truth.
    pub complete: bool,
    /// What is not in the set although it was asked for.
    pub unseen: Vec<UnseenKind>,
    /// Report the strict half of every row.
    pub strict: bool,
    /// Resource checks look at all init containers.
    pub strict_init: bool,
    /// Nobody will apply a fix: keep what it is called and forget its edits, a third of a finding's memory.
    pub forget_edits: bool,
    /// Tells of an open finding, as long as its edits are there, whether a fix is offered.
    pub is_offered: Option<IsOffered>,
    /// Findings in rendered objects keep their fixes, whose edits are about the rendered text: for who can lower them
    /// to what a person edits.
    pub rendered_edits: bool,
    /// Kinds that make pods beyond the built-in ones.
    pub workloads: WorkloadKinds,
    /// What a cluster says beside its objects.
    pub beside: Arc<Beside>,
    /// Schemas of kinds that are not built in, beside those that the set defines.
    pub schemas: Arc<Schemas>,
}

/// Would the fixer, which is no business of checks, change something?
pub type IsOffered = fn(&Finding, &Snapshot) -> bool;

/// What a run yields.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Sorted and with fingerprints.
    pub findings: Vec<Finding>,
    /// Checks that panicked.
    pub failures: Vec<CheckFailure>,
    /// Checks that could not see what they need.
    pub not_observed: Vec<NotObserved>,
}

impl Outcome {
    fn absorb(&mut self, other: Outcome) {
        self.findings.extend(other.findings);
        self.failures.extend(other.failures);
        self.not_observed.extend(other.not_observed);
    }
}

/// Why a check of live objects says nothing of files.
const LIVE_ONLY: &str = "only a live cluster tells";

/// Objects a core that are judged side by side: enough to share the work evenly, few beside what a tree holds.
const BATCH: usize = 128;

/// Runs the enabled checks over a snapshot, on the current rayon pool.
pub fn run(snapshot: &Snapshot, config: &RunConfig) -> Outcome {
    run_but(snapshot, config, &|_| None)
}

/// As [`run`], without the calls that are settled: what they say of an object is known, and the object is the same.
pub fn run_but<'k>(
    snapshot: &Snapshot,
    config: &RunConfig,
    settled: &(dyn Fn(&Object) -> Option<&'k Settled> + Sync),
) -> Outcome {
    finish(rest(snapshot, config, settled), snapshot, config)
}

/// As [`run`], where some objects were judged before: by the address of the document, what was said of each.
pub(crate) fn run_after(snapshot: &Snapshot, config: &RunConfig, mut judged: Judged) -> Outcome {
    let address = |object: &Object| Arc::as_ptr(object.document()).addr();
    let all = Settled(vec![u64::MAX; config.enabled.len() / 64 + 1]);
    let mut outcome = rest(snapshot, config, &|object| judged.contains_key(&address(object)).then_some(&all));
    for object in snapshot.objects() {
        let Some((_, findings)) = judged.remove(&address(object)) else { continue };
        outcome.findings.extend(findings.into_iter().map(|mut finding| {
            finding.object = object.id();
            finding.related.iter_mut().for_each(|related| related.object = object.id());
            finding
        }));
    }
    finish(outcome, snapshot, config)
}

/// What the calls say that are not settled, in no order.
fn rest<'k>(
    snapshot: &Snapshot,
    config: &RunConfig,
    settled: &(dyn Fn(&Object) -> Option<&'k Settled> + Sync),
) -> Outcome {
    let objects: Vec<&Object> = snapshot.objects().collect();
    let memos: Vec<Memo> = config.enabled.iter().map(|_| Memo::default()).collect();
    let shared = Shared::default();
    let twins = twins::of(snapshot);
    let world = World { snapshot, config, shared: &shared, twins: &twins };
    let mut outcome = Outcome::default();
    // In batches: what a batch found is moved on before the next one needs room, so nothing is in memory twice.
    for batch in objects.chunks(BATCH * rayon::current_num_threads()) {
        let parts: Vec<Outcome> =
            batch.par_iter().map(|object| judge(object, world, &memos, Calls::But(settled(object)))).collect();
        for part in parts {
            outcome.absorb(part);
        }
    }
    // What files never show is not missing, and not fine either.
    let is_written = !objects.is_empty() && !objects.iter().any(|object| object.is_live());
    for (enabled, memo) in config.enabled.iter().zip(&memos) {
        let meta = enabled.check.meta;
        let missed = config.unseen.iter().filter(|unseen| unseen.is_among(meta.reads));
        let missed = missed.map(|unseen| NotObserved { check: meta.id, reason: unseen.reason.clone() });
        if !matches!(enabled.check.run, Subscription::Waivers) {
            outcome.not_observed.extend(missed);
        }
        if is_written && meta.applies == Applies::Live {
            outcome.not_observed.push(NotObserved { check: meta.id, reason: LIVE_ONLY.to_owned() });
            continue;
        }
        if let Subscription::Snapshot(check) = enabled.check.run {
            let mut part = Outcome::default();
            call(Call { enabled, world, memo, object: None, guessed: false }, &mut part, |cx| check(cx));
            settle(&mut part.findings, snapshot, config);
            outcome.absorb(part);
        }
    }
    outcome
}

/// One order for everything, and fingerprints.
fn finish(mut outcome: Outcome, snapshot: &Snapshot, config: &RunConfig) -> Outcome {
    stamp(&mut outcome.findings, snapshot, config);
    outcome.failures.sort_by(|a, b| (a.check, &a.object).cmp(&(b.check, &b.object)));
    outcome.not_observed.sort();
    outcome.not_observed.dedup();
    outcome
}

/// The checks whose verdict on an object hangs on nothing else, by their place in [`RunConfig::enabled`].
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Settled(Vec<u64>);

impl Settled {
    fn insert(&mut self, index: usize) {
        self.0.resize(self.0.len().max(index / 64 + 1), 0);
        self.0[index / 64] |= 1 << (index % 64);
    }

    /// Is the check at this place among them?
    pub fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }
}

/// Judges each of these objects as if it were alone, and keeps what would be said of it in any company: by the checks
/// that looked at nothing else. Which those are is watched, not declared; [`run_but`] makes the other calls.
///
/// Whether a pod answers for itself hangs on its owner: pods, ReplicaSets and Jobs that have one are left to `run_but`.
pub fn run_alone(snapshot: &Snapshot, objects: &[ObjectId], config: &RunConfig) -> Vec<(Vec<Finding>, Settled)> {
    let memos: Vec<Memo> = config.enabled.iter().map(|_| Memo::default()).collect();
    let shared = Shared::default();
    let twins = FxHashSet::default();
    let world = World { snapshot, config, shared: &shared, twins: &twins };
    let one = |id: &ObjectId| {
        let mut settled = Settled::default();
        let Some(object) = snapshot.object(*id) else { return (Vec::new(), settled) };
        let mut findings = judge(object, world, &memos, Calls::Alone(&mut settled)).findings;
        stamp(&mut findings, snapshot, config);
        (findings, settled)
    };
    objects.par_iter().map(one).collect()
}

/// What became of an object that was judged before all others were seen.
pub(crate) enum Alone {
    /// Its verdict hangs on them.
    Waits,
    /// Whatever they are, this is said of it.
    Judged(Vec<Finding>),
}

/// Judges each object as far as it can be judged alone. `is_there` knows whether the owner of an object is in the set: such
/// an object does not answer for its pods. One whose owner is not known to be there waits.
pub(crate) fn judge_early(
    snapshot: &Snapshot,
    config: &RunConfig,
    is_there: &(dyn Fn(NodeRef<'_>, &Object) -> bool + Sync),
) -> Vec<Alone> {
    let memos: Vec<Memo> = config.enabled.iter().map(|_| Memo::default()).collect();
    let (shared, twins) = (Shared::default(), FxHashSet::default());
    let world = World { snapshot, config, shared: &shared, twins: &twins };
    let objects: Vec<&Object> = snapshot.objects().collect();
    let one = |object: &&Object| {
        let owned = has_owner(object);
        if owned && !controllers(object).next().is_some_and(|owner| is_there(owner, object)) {
            return Alone::Waits;
        }
        let mut waits = false;
        let findings = judge(object, world, &memos, Calls::Early { owned, waits: &mut waits }).findings;
        if waits { Alone::Waits } else { Alone::Judged(findings) }
    };
    objects.par_iter().map(one).collect()
}

/// One order, and fingerprints.
fn stamp(findings: &mut [Finding], snapshot: &Snapshot, config: &RunConfig) {
    for finding in &mut *findings {
        trace(finding, snapshot, config.rendered_edits);
    }
    sort(findings, snapshot);
    fingerprint::stamp(findings, snapshot);
}

/// Which calls are made of an object, and what is kept.
enum Calls<'a> {
    /// All but these.
    But(Option<&'a Settled>),
    /// All, and only what looked at nothing else is kept; these it were.
    Alone(&'a mut Settled),
    /// All, of an object that may be answered for by its owner; whether one looked at something else.
    Early { owned: bool, waits: &'a mut bool },
}

/// The owners that control an object; [`Snapshot::controller_of`] takes the first.
fn controllers(object: &Object) -> impl Iterator<Item = NodeRef<'_>> {
    let owners = object.metadata().and_then(|metadata| metadata.get(f::OWNER_REFERENCES));
    let controls = |owner: &NodeRef<'_>| owner.get(f::CONTROLLER).and_then(|entry| entry.value().as_bool());
    owners.into_iter().flat_map(|owners| owners.value().items()).filter(move |owner| controls(owner) == Some(true))
}

/// Has it an owner that may answer for it? A static pod's mirror is owned by its Node, which says nothing of what runs
/// in it.
fn has_owner(object: &Object) -> bool {
    let is_node = |owner: NodeRef<'_>| owner.get(f::KIND).and_then(|entry| entry.value().as_str()) == Some("Node");
    matches!(object.kind(), Kind::POD | Kind::REPLICA_SET | Kind::JOB)
        && controllers(object).any(|owner| !is_node(owner))
}

fn judge(object: &Object, world: World<'_>, memos: &[Memo], mut calls: Calls<'_>) -> Outcome {
    let World { snapshot, config, .. } = world;
    let mut outcome = Outcome::default();
    let left_to_others = matches!(calls, Calls::Alone(_)) && has_owner(object);
    let of_pods = |e: &Enabled| matches!(e.check.run, Subscription::Pod(_) | Subscription::PodAndKind(..));
    let has_pod_checks = config.enabled.iter().any(of_pods);
    // A static pod's mirror is owned by its Node, which says nothing of what runs in it.
    let owner = || snapshot.controller_of(object).filter(|owner| owner.kind() != Kind::NODE);
    let owned = left_to_others
        || matches!(calls, Calls::Early { owned: true, .. })
        || matches!(object.kind(), Kind::POD | Kind::REPLICA_SET | Kind::JOB)
            && (owner().is_some() || world.twins.contains(&object.id()));
    let found = if has_pod_checks && !owned { pods(object, &config.workloads) } else { Vec::new() };
    let hook = is_hook(object);
    for (index, (enabled, memo)) in config.enabled.iter().zip(memos).enumerate() {
        if matches!(calls, Calls::But(Some(settled)) if settled.contains(index)) {
            continue;
        }
        let here = |guessed| Call { enabled, world, memo, object: Some(object), guessed };
        if hook && enabled.check.meta.domain() == "reliability" || !enabled.check.meta.applies.to(object.is_live()) {
            continue;
        }
        let before = outcome.findings.len();
        let mut looked_around = false;
        match enabled.check.run {
            Subscription::Pod(check) | Subscription::PodAndKind(check, ..) => {
                looked_around = left_to_others;
                for pod in &found {
                    looked_around |= call(here(pod.guessed), &mut outcome, |cx| check(pod, cx));
                }
                if let Subscription::PodAndKind(_, kind, check) = enabled.check.run
                    && kind == object.kind()
                {
                    looked_around |= call(here(false), &mut outcome, |cx| check(object, cx));
                }
            }
            Subscription::Kind(kind, check) if kind == object.kind() => {
                looked_around = call(here(false), &mut outcome, |cx| check(object, cx));
            }
            Subscription::Object(check) => {
                looked_around = call(here(false), &mut outcome, |cx| check(object, cx));
            }
            Subscription::Kind(..) | Subscription::Snapshot(_) | Subscription::Event(_) | Subscription::Waivers => {}
        }
        match &mut calls {
            Calls::Alone(_) if looked_around => outcome.findings.truncate(before),
            Calls::Alone(settled) => settled.insert(index),
            Calls::Early { waits, .. } => **waits |= looked_around,
            Calls::But(_) => {}
        }
    }
    settle(&mut outcome.findings, snapshot, config);
    outcome
}

/// Asks what only edits tell, and forgets them where nobody wants them.
fn settle(findings: &mut [Finding], snapshot: &Snapshot, config: &RunConfig) {
    for finding in findings {
        if !finding.fixes.is_empty() {
            finding.is_offered = config.is_offered.is_some_and(|ask| ask(finding, snapshot));
        }
        if config.forget_edits {
            finding.fixes.iter_mut().for_each(|fix| fix.edits = Vec::new());
        }
        // There are many findings, and lists of one element have room for four.
        finding.fixes.shrink_to_fit();
        finding.related.shrink_to_fit();
        finding.evidence.shrink_to_fit();
        finding.place.missing.shrink_to_fit();
        for text in [&mut finding.message, &mut finding.pointer] {
            // The allocator rounds up to sixteen anyway.
            if text.capacity() >= text.len() + 16 {
                text.shrink_to_fit();
            }
        }
    }
}

/// Test hooks and hook Jobs come and go: reliability is not asked of them (zegl/kube-score#548).
fn is_hook(object: &Object) -> bool {
    object.annotation("helm.sh/hook").is_some_and(|hook| hook.contains("test") || object.kind() == Kind::JOB)
}

/// What a check keeps from one call to the next: computed once a run, by whoever asks first.
/// With it: did finding it out take more than the configuration?
pub(crate) type Memo = OnceLock<(Box<dyn Any + Send + Sync>, bool)>;

/// Facts about the whole snapshot that several checks ask for, by type; each is found out once a run.
#[derive(Default)]
pub(crate) struct Shared(RwLock<FxHashMap<TypeId, SharedFact>>);

type SharedFact = Arc<OnceLock<Arc<dyn Any + Send + Sync>>>;

impl Shared {
    /// The fact of this type. The map is not locked while it is found out, so a fact may ask for another.
    pub(crate) fn get<T: Any + Send + Sync>(&self, find_out: impl FnOnce() -> T) -> Option<Arc<T>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&TypeId::of::<T>()).map(Arc::clone);
        let slot = known.unwrap_or_else(|| {
            Arc::clone(self.0.write().unwrap_or_else(PoisonError::into_inner).entry(TypeId::of::<T>()).or_default())
        });
        Arc::clone(slot.get_or_init(|| Arc::new(find_out()))).downcast().ok()
    }
}

/// What is the same for every call of a run.
#[derive(Clone, Copy)]
struct World<'a> {
    snapshot: &'a Snapshot,
    config: &'a RunConfig,
    shared: &'a Shared,
    /// Objects that another stands for.
    twins: &'a FxHashSet<ObjectId>,
}

/// One call of one check.
struct Call<'a> {
    enabled: &'a Enabled,
    world: World<'a>,
    memo: &'a Memo,
    object: Option<&'a Object>,
    guessed: bool,
}

/// Says whether the check looked at more than its object. One that panicked counts among those: it is called again.
fn call<'a>(call: Call<'a>, outcome: &mut Outcome, check: impl FnOnce(&mut Cx<'a>)) -> bool {
    let Call { enabled, world: World { snapshot, config, shared, .. }, memo, object, guessed } = call;
    let meta = enabled.check.meta;
    let mut cx = Cx {
        meta,
        enabled,
        config,
        snapshot,
        memo,
        shared,
        object,
        guessed,
        unseen: false,
        unfounded: None,
        looked_around: Cell::new(false),
        findings: Vec::new(),
        not_observed: Vec::new(),
    };
    // A panic in one check on one object must not cost the others their judgement; what it found before is kept.
    let result = catch_unwind(AssertUnwindSafe(|| check(&mut cx)));
    cx.findings.truncate(cx.unfounded.unwrap_or(usize::MAX));
    outcome.findings.append(&mut cx.findings);
    outcome.not_observed.extend(cx.not_observed.drain(..).map(|reason| NotObserved { check: meta.id, reason }));
    let looked_around = cx.looked_around.get() || result.is_err();
    if let Err(panic) = result {
        let message = panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "panicked".to_owned());
        let object = object.map_or_else(|| "the snapshot".to_owned(), |o| o.identity().to_string());
        outcome.failures.push(CheckFailure { check: meta.id, object, message });
    }
    looked_around
}

/// Where a person edits what a finding in a rendered object is about.
fn trace(finding: &mut Finding, snapshot: &Snapshot, rendered_edits: bool) {
    let object = snapshot.object(finding.object).filter(|_| finding.elsewhere.is_none());
    if let Some((object, origins)) = object.and_then(|object| Some((object, object.origins()?))) {
        if origins.is_empty() {
            return;
        }
        // An edit of the rendered text is an edit of nothing.
        if !rendered_edits {
            finding.rendered_remedy = finding.remedy();
            finding.fixes.clear();
        }
        finding.rendered_from = origins.resolve(object.document(), &finding.place, finding.span);
        // What must not be shown of the rendered text must not be shown of the text that it came from.
        if let Some(edited) = finding.rendered_from.last()
            && !finding.hidden.is_empty()
        {
            let mapped = finding.hidden.iter().flat_map(|span| origins.spans_in(&edited.source, *span));
            finding.hidden = mapped.chain([Span { end: edited.span.start, ..edited.span }]).collect();
        }
    }
}

/// The order of every output: source, line, column, check, pointer, message. Live objects have no lines: kind,
/// namespace and name stand for them.
pub fn sort(findings: &mut [Finding], snapshot: &Snapshot) {
    let object = |finding: &Finding| {
        let live = snapshot.object(finding.object).filter(|o| o.is_live() && finding.rendered_from.is_empty());
        live.map(|object| (object.kind_name(), object.namespace(), object.name()))
    };
    let compare = |a: &Finding, b: &Finding| {
        let place = |f: &Finding| f.shown_span().start;
        let source = a.source_name(snapshot).cmp(b.source_name(snapshot));
        source
            .then_with(|| object(a).cmp(&object(b)))
            .then_with(|| (place(a), a.check, &a.pointer, &a.message).cmp(&(place(b), b.check, &b.pointer, &b.message)))
    };
    // A finding is large, and sorting moves each a dozen times: their places are sorted, and each is moved once.
    let mut order: Vec<u32> = (0..findings.len() as u32).collect();
    order.sort_by(|a, b| match (findings.get(*a as usize), findings.get(*b as usize)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => std::cmp::Ordering::Equal,
    });
    for start in 0..order.len() {
        let mut at = start;
        // Each cycle of the permutation is walked once; what is in place points at itself.
        while let Some(from) = order.get(at).map(|from| *from as usize).filter(|from| *from != start && *from != at) {
            findings.swap(at, from);
            order[at] = at as u32;
            at = from;
        }
        order[at] = at as u32;
    }
}

/// Pods found in an object: for commands that show them.
pub fn pods_of<'a>(object: &'a Object, config: &RunConfig) -> Vec<Pod<'a>> {
    pods(object, &config.workloads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Meta;
    use ironclad_tree::{Limits, Source, parse};

    fn snapshot(text: &str) -> Snapshot {
        let mut builder = Snapshot::builder();
        for document in parse(&Source::new("test.yaml", text), &Limits::default()).documents {
            builder.add(document, Default::default());
        }
        builder.build()
    }

    static PANICS: Meta = Meta { id: "test/panics", ..Meta::DEFAULT };
    static NAMES: Meta = Meta { id: "test/names", ..Meta::DEFAULT };
    static CHECKS: [Check; 2] = [
        Check { meta: &PANICS, run: Subscription::Object(|object, _| assert_ne!(object.name(), "b", "b is bad")) },
        Check {
            meta: &NAMES,
            run: Subscription::Object(|object, cx| {
                cx.find(object.metadata().unwrap(), "has a name");
            }),
        },
    ];

    fn config() -> RunConfig {
        let enabled = CHECKS.iter().map(|check| Enabled { check, severity: None, params: Params::default() });
        RunConfig { enabled: enabled.collect(), version: 37, ..RunConfig::default() }
    }

    #[test]
    fn a_panic_costs_one_call_and_is_reported() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n";
        let outcome = run(&snapshot(text), &config());
        assert_eq!(outcome.findings.len(), 2);
        assert_eq!(outcome.failures.len(), 1);
        assert_eq!(outcome.failures[0].object, "ConfigMap b");
        assert_ne!(outcome.findings[0].fingerprint, outcome.findings[1].fingerprint);
    }

    #[test]
    fn equal_objects_get_distinct_fingerprints() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
        let outcome = run(&snapshot(text), &config());
        assert_ne!(outcome.findings[0].fingerprint, outcome.findings[1].fingerprint);
    }

    static JOINS: Meta =
        Meta { id: "test/joins", severity: Severity::High, reads: &[Kind::CONFIG_MAP, Kind::SERVICE], ..Meta::DEFAULT };
    static JOINING: [Check; 1] = [Check {
        meta: &JOINS,
        run: Subscription::Kind(Kind::CONFIG_MAP, |object, cx| {
            cx.context(&[Kind::SERVICE]);
            cx.find(object.metadata().unwrap(), "no Service uses it").severity(Severity::Critical);
        }),
    }];

    /// What was held against nothing is a note, whatever is configured; what was held against something is not.
    #[test]
    fn without_a_counterpart_findings_are_notes() {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
        let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n";
        let run_it = |text: &str, complete: bool, severity: Option<Severity>| {
            let enabled = vec![Enabled { check: &JOINING[0], severity, params: Params::default() }];
            let outcome = run(&snapshot(text), &RunConfig { enabled, version: 37, complete, ..RunConfig::default() });
            let reasons: Vec<String> = outcome.not_observed.into_iter().map(|unseen| unseen.reason).collect();
            (outcome.findings[0].severity, reasons)
        };
        let unseen = vec!["no Service in the set".to_owned()];
        assert_eq!(run_it(map, false, None), (Severity::Info, unseen.clone()));
        assert_eq!(run_it(map, false, Some(Severity::Medium)), (Severity::Info, unseen));
        assert_eq!(run_it(map, true, None), (Severity::Critical, Vec::new()));
        assert_eq!(run_it(&format!("{map}{service}"), false, None), (Severity::Critical, Vec::new()));
        assert_eq!(run_it(&format!("{map}{service}"), false, Some(Severity::Medium)), (Severity::Medium, Vec::new()));
    }

    static LISTS: Meta = Meta { id: "test/lists", reads: &[Kind::CONFIG_MAP], joins: true, ..Meta::DEFAULT };
    static ALONE: [Check; 3] = [
        Check { meta: &NAMES, run: CHECKS[1].run },
        // Looks at the others for some objects only.
        Check {
            meta: &LISTS,
            run: Subscription::Kind(Kind::CONFIG_MAP, |object, cx| {
                let others = if object.name() == "a" { cx.objects(Kind::CONFIG_MAP).len() } else { 0 };
                cx.find(object.metadata().unwrap(), format!("beside {others}"));
            }),
        },
        Check {
            meta: &JOINS,
            run: Subscription::Snapshot(|cx| {
                let object = cx.objects(Kind::CONFIG_MAP)[0];
                cx.find_in(object, object.metadata().unwrap(), "is the first");
            }),
        },
    ];

    /// What is found of objects alone, and the rest of the calls, are together a whole run.
    #[test]
    fn alone_and_the_rest_are_a_whole_run() {
        let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n---\n");
        let snapshot = snapshot(&[map("a"), map("b")].concat());
        let enabled = ALONE.iter().map(|check| Enabled { check, severity: None, params: Params::default() });
        let config = RunConfig { enabled: enabled.collect(), version: 37, ..RunConfig::default() };
        let said = |findings: Vec<Finding>| -> Vec<(String, String)> {
            findings.into_iter().map(|f| (f.fingerprint, f.message)).collect()
        };
        let ids: Vec<ObjectId> = snapshot.objects().map(|object| object.id()).collect();
        let alone = run_alone(&snapshot, &ids, &config);
        let messages: Vec<&str> = alone.iter().flat_map(|(found, _)| found).map(|f| f.message.as_str()).collect();
        assert_eq!(messages, ["has a name", "beside 0", "has a name"]);
        let settled = |object: &Object| Some(&alone[object.id().0 as usize].1);
        let rest = run_but(&snapshot, &config, &settled).findings;
        assert_eq!(rest.len(), 2);
        let mut parts = said(alone.iter().flat_map(|(found, _)| found.clone()).chain(rest).collect());
        let mut whole = said(run(&snapshot, &config).findings);
        parts.sort();
        whole.sort();
        assert_eq!(parts, whole);
    }

    /// What a cluster did not show is not missing: nothing is said of it but that it was not shown.
    #[test]
    fn what_was_not_shown_is_not_missing() {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
        let unseen = UnseenKind { kind: Kind::SERVICE, makes_pods: false, reason: "may not list services".to_owned() };
        let enabled = vec![Enabled { check: &JOINING[0], severity: None, params: Params::default() }];
        let config = RunConfig { enabled, version: 37, complete: true, unseen: vec![unseen], ..RunConfig::default() };
        let outcome = run(&snapshot(map), &config);
        assert_eq!(outcome.findings.len(), 0);
        let said = NotObserved { check: "test/joins", reason: "may not list services".to_owned() };
        assert_eq!(outcome.not_observed, [said]);
    }

    static ON_FILES: Meta = Meta { id: "test/files", applies: crate::Applies::Files, ..Meta::DEFAULT };
    static LIVE: Meta = Meta { id: "test/live", applies: crate::Applies::Live, ..Meta::DEFAULT };
    static SOME: [Check; 3] = [
        Check {
            meta: &ON_FILES,
            run: Subscription::Object(|object, cx| {
                cx.find(object.root(), "on files");
            }),
        },
        Check {
            meta: &LIVE,
            run: Subscription::Object(|object, cx| {
                cx.find(object.root(), "live");
            }),
        },
        Check {
            meta: &NAMES,
            run: Subscription::Object(|object, cx| {
                cx.find(object.root(), "anywhere");
            }),
        },
    ];

    /// The same object has the same fingerprints in a file and in a cluster; live objects come by kind and name.
    #[test]
    fn live_objects() {
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n";
        let on_file = snapshot(text);
        let mut builder = Snapshot::builder();
        let source = Source::new("cluster:test", "");
        for document in parse(&Source::new("t", text), &Limits::default()).documents {
            builder.add(document.detach(&source), Default::default());
        }
        let live = builder.build();
        let enabled = SOME.iter().map(|check| Enabled { check, severity: None, params: Params::default() });
        let config = RunConfig { enabled: enabled.collect(), version: 37, ..RunConfig::default() };
        let said = |snapshot: &Snapshot| {
            let findings = run(snapshot, &config).findings;
            let name = |f: &Finding| snapshot.object(f.object).map(|o| o.name().to_owned()).unwrap_or_default();
            findings.into_iter().map(|f| (name(&f), f.message.clone(), f.fingerprint)).collect::<Vec<_>>()
        };
        let (on_file, live) = (said(&on_file), said(&live));
        let names: Vec<String> = live.iter().map(|(name, message, _)| format!("{name} {message}")).collect();
        assert_eq!(
            names,
            ["b live", "b anywhere", "c live", "c anywhere", "a live", "a anywhere"]
                .map(str::to_owned)
                .into_iter()
                .collect::<Vec<_>>()
        );
        let anywhere = |said: &[(String, String, String)]| {
            let mut prints: Vec<String> = said.iter().filter(|s| s.1 == "anywhere").map(|s| s.2.clone()).collect();
            prints.sort();
            prints
        };
        assert_eq!(anywhere(&on_file), anywhere(&live));
        assert!(on_file.iter().any(|said| said.1 == "on files") && !on_file.iter().any(|said| said.1 == "live"));
    }

    /// A fact is found out once a run, and may ask for another while it is.
    #[test]
    fn shared_facts_are_found_out_once() {
        struct Inner(usize);
        struct Outer(usize);
        let shared = Shared::default();
        let found = std::sync::atomic::AtomicUsize::new(0);
        let outer = || {
            shared.get(|| {
                found.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Outer(shared.get(|| Inner(3)).map_or(0, |inner| inner.0))
            })
        };
        assert_eq!((outer().map(|o| o.0), outer().map(|o| o.0)), (Some(3), Some(3)));
        assert_eq!(found.into_inner(), 1);
    }
}
