//! Objects that are judged while they are read: of a set that is never whole in memory.
//!
//! An object is judged as soon as it is there where every check that is called with it looks at nothing else and no
//! check holds others against its kind. Of what passes without a finding only its `metadata` stays: who it is, who owns
//! it, and its waivers; what has findings stays whole, as reports show it. Everything else waits for
//! [`Sieve::conclude`].
//!
//! Invariant: the outcome is that of [`run`](crate::run) over the whole objects, finding for finding.

use crate::run::{Alone, Outcome, RunConfig, UnseenKind, judge_early, run_after};
use crate::{Beside, Check, Subscription};
use ironclad_model::{Finding, Kind, Object, Snapshot, UnitId};
use ironclad_tree::{Choice, Document, NodeRef, Step, f};
use ironclad_views::makes_pods;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

impl Check {
    /// Does it look at more than what it is called with? Such a check lists the kinds in `reads`, or says so by `joins`
    /// where it holds objects against others of their own kind.
    pub fn is_joining(&self) -> bool {
        let reads = self.meta.reads;
        let beyond = |own: &[Kind]| reads.iter().any(|kind| !own.contains(kind));
        self.meta.joins
            || match self.run {
                Subscription::Snapshot(_) => true,
                Subscription::Pod(_) => beyond(&[Kind::ANY_POD]),
                Subscription::Kind(kind, _) => beyond(&[kind]),
                Subscription::PodAndKind(_, kind, _) => beyond(&[Kind::ANY_POD, kind]),
                Subscription::Object(_) => beyond(&[Kind::ANY]),
                Subscription::Event(_) | Subscription::Waivers => false,
            }
    }
}

/// Who an owner is: kind, namespace, name.
type Owner = (Kind, Option<Box<str>>, Box<str>);

/// What was said of documents, by their address.
pub(crate) type Judged = FxHashMap<usize, (Arc<Document>, Vec<Finding>)>;

/// Judges objects while they are read.
pub struct Sieve {
    config: RunConfig,
    /// Kinds that joining checks hold objects against.
    joined: Vec<Kind>,
    /// Objects that may own pods, as far as they were seen.
    owners: Mutex<FxHashSet<Owner>>,
    /// What was said of the objects that were judged, by the address of their document, which stays as long as this does.
    judged: Mutex<Judged>,
}

impl fmt::Debug for Sieve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sieve").field("joined", &self.joined).finish_non_exhaustive()
    }
}

impl Sieve {
    /// One for live objects under a configuration, which says all that the run will know beside the objects.
    pub fn new(config: RunConfig) -> Sieve {
        let joining = config.enabled.iter().map(|enabled| enabled.check).filter(|check| check.meta.applies.to(true));
        let mut joined: Vec<Kind> =
            joining.filter(|check| check.is_joining()).flat_map(|check| check.meta.reads).copied().collect();
        joined.sort_unstable();
        joined.dedup();
        Sieve { config, joined, owners: Mutex::default(), judged: Mutex::default() }
    }

    /// Must objects of this kind wait for all others?
    pub fn waits(&self, kind: Kind) -> bool {
        let has = |wanted| self.joined.contains(&wanted);
        // What has no constant may be an operator's object that makes pods.
        has(Kind::ANY) || has(kind) || has(Kind::ANY_POD) && (makes_pods(kind) || kind == Kind::OTHER)
    }

    /// Takes note of objects that may own others. Pods are known to be answered for by an owner that was seen before them.
    pub fn see<'d>(&self, of_type: &(String, String), documents: impl IntoIterator<Item = &'d Document>) {
        let kind = Kind::of(&of_type.0, &of_type.1);
        if self.waits(Kind::POD) || !makes_pods(kind) || kind == Kind::POD {
            return;
        }
        let mut owners = lock(&self.owners);
        for document in documents {
            let text = |symbol| {
                let metadata = document.root().get(f::METADATA)?.value();
                metadata.get(symbol)?.value().text().filter(|text| !text.is_empty()).map(Box::from)
            };
            if let Some(name) = text(f::NAME) {
                owners.insert((kind, text(f::NAMESPACE), name));
            }
        }
    }

    /// Judges what can be judged now, and gives the objects back, some of them as their metadata alone.
    pub fn sift(&self, of_type: &Arc<(String, String)>, documents: Vec<Document>) -> Vec<Arc<Document>> {
        let documents = documents.into_iter().map(Arc::new);
        if self.waits(Kind::of(&of_type.0, &of_type.1)) {
            return documents.collect();
        }
        let mut builder = Snapshot::builder();
        for document in documents {
            builder.add_typed(document, UnitId::default(), of_type);
        }
        let snapshot = builder.build();
        let is_there = |owner: NodeRef<'_>, object: &Object| self.is_there(owner, object);
        let verdicts = judge_early(&snapshot, &self.config, &is_there);
        let mut kept = Vec::with_capacity(verdicts.len());
        let mut judged = lock(&self.judged);
        for (object, verdict) in snapshot.objects().zip(verdicts) {
            kept.push(match verdict {
                Alone::Waits => Arc::clone(object.document()),
                Alone::Judged(findings) => {
                    let document = match findings.is_empty() {
                        true => Arc::new(metadata_of(object)),
                        false => Arc::clone(object.document()),
                    };
                    judged.insert(Arc::as_ptr(&document).addr(), (Arc::clone(&document), findings));
                    document
                }
            });
        }
        kept
    }

    /// Forgets objects that [`sift`](Self::sift) gave back: a listing that began again has others.
    pub fn forget(&self, documents: &[Arc<Document>]) {
        let mut judged = lock(&self.judged);
        for document in documents {
            judged.remove(&Arc::as_ptr(document).addr());
        }
    }

    /// Is told what is known only when all was read: what was not shown, and what a cluster says beside its objects. No
    /// verdict on an object alone hangs on either: who asks for them looks around, and waits.
    pub fn told(&mut self, unseen: &[UnseenKind], beside: &Arc<Beside>) {
        self.config.unseen = unseen.to_vec();
        self.config.beside = Arc::clone(beside);
    }

    /// Was the owner of an object seen?
    fn is_there(&self, owner: NodeRef<'_>, object: &Object) -> bool {
        let text = |symbol| owner.get(symbol).and_then(|entry| entry.value().text());
        let (Some(api_version), Some(kind), Some(name)) = (text(f::API_VERSION), text(f::KIND), text(f::NAME)) else {
            return false;
        };
        let key = (Kind::of(api_version, kind), object.namespace().map(Box::from), Box::from(name));
        lock(&self.owners).contains(&key)
    }

    /// Judges the objects that waited, and says what is found in all. The snapshot holds the documents that
    /// [`sift`](Self::sift) gave back, whichever way they were put together.
    pub fn conclude(self, snapshot: &Snapshot) -> Outcome {
        let judged = self.judged.into_inner().unwrap_or_else(PoisonError::into_inner);
        run_after(snapshot, &self.config, judged)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who an object is, without what it is.
fn metadata_of(object: &Object) -> Document {
    let mut choose = |path: &[Step<'_>], _: NodeRef<'_>| match path {
        [Step::Key("apiVersion" | "kind" | "metadata"), ..] => Choice::Keep,
        _ => Choice::Drop,
    };
    object.root().extract(object.document().source(), &mut choose)
}
