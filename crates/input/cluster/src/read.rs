//! A cluster, read once.

use crate::list::{Part, Taker, escape};
use crate::{Connection, Failure, Resource, Served};
use ironclad_model::{Kind, Snapshot, SnapshotBuilder, UnitId};
use ironclad_tree::{Document, Limits, NodeRef, Source, parse};
use ironclad_views::{CustomWorkload, makes_pods};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// Listings under way at once: more would only queue in the API server's own fairness.
pub(crate) const AT_ONCE: usize = 4;

/// Kinds that no check looks at and that would cost the most: every one of them changes all the time.
const NEVER: &[(&str, &str)] = &[
    ("", "events"),
    ("events.k8s.io", "events"),
    ("coordination.k8s.io", "leases"),
    ("", "componentstatuses"),
    ("metrics.k8s.io", "pods"),
    ("metrics.k8s.io", "nodes"),
];

/// What somebody wants to see.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Want {
    /// Objects of a kind; [`Kind::ANY_POD`] and [`Kind::ANY`] stand for many.
    Kind(Kind),
    /// Objects of a kind that has no constant, by group and name.
    Named(String, String),
}

/// What is to be read.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The kinds.
    pub wanted: BTreeSet<Want>,
    /// Kinds of the user's own that make pods.
    pub workloads: Vec<CustomWorkload>,
    /// Only these namespaces; all where it is empty.
    pub namespaces: Vec<String>,
    /// Not Secrets, whatever is wanted: the permission to list them grants their values.
    pub without_secrets: bool,
    /// Types of Secrets that are told from others.
    pub secret_types: BTreeSet<String>,
}

/// One listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stream {
    /// Of what.
    pub resource: Resource,
    /// Where, unless everywhere.
    pub namespace: Option<String>,
    /// Of Secrets: which.
    pub of_type: OfType,
}

/// Which Secrets. Their metadata does not say of what `type` they are: who wants to know lists one type after another,
/// and then the rest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OfType {
    /// All objects.
    Any,
    /// Those of this type.
    One(String),
    /// Those of no type of these.
    Other(Vec<String>),
    /// Not Secrets: the one object of this name.
    Named(String),
}

impl OfType {
    /// As the field selector that asks for it.
    fn selector(&self) -> Option<String> {
        match self {
            OfType::Any => None,
            OfType::One(name) => Some(format!("type={name}")),
            OfType::Other(names) => {
                let others: Vec<String> = names.iter().map(|name| format!("type!={name}")).collect();
                Some(others.join(","))
            }
            OfType::Named(name) => Some(format!("metadata.name={name}")),
        }
    }

    /// The metadata with the type, where it is known.
    pub(crate) fn told(&self, document: Document, source: &Arc<Source>) -> Document {
        let OfType::One(name) = self else { return document };
        let mut json = String::new();
        document.root().write_json(&mut json);
        // The API server takes no type with a quote in it (a qualified name or a path).
        let Some(body) = json.strip_suffix('}').filter(|_| !name.contains(['"', '\\'])) else { return document };
        let text = format!("{body},\"type\":\"{name}\"}}");
        let parsed = parse(&Source::new("secret", text), &Limits::default());
        match parsed.documents.first().filter(|_| parsed.problems.is_empty()) {
            Some(typed) => typed.detach(source),
            None => document,
        }
    }
}

impl Stream {
    /// Whole objects or their metadata.
    pub(crate) fn part(&self) -> Part {
        if self.resource.known_kind() == Kind::SECRET { Part::Metadata } else { Part::Whole }
    }

    /// Path of a request for it.
    pub(crate) fn path(&self, query: &str) -> String {
        let selector = self.of_type.selector();
        let selector = selector.map(|selector| format!("&fieldSelector={}", escape(&selector))).unwrap_or_default();
        format!("{}?{query}{selector}", self.resource.path(self.namespace.as_deref()))
    }
}

/// How far the reading is, for a progress line on another thread.
#[derive(Debug, Default)]
pub struct Progress {
    /// Listings to make.
    pub listings: AtomicUsize,
    /// Listings made.
    pub made: AtomicUsize,
    /// Objects seen.
    pub objects: AtomicUsize,
}

/// A kind that could not be listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unseen {
    /// What.
    pub resource: Resource,
    /// Where, unless everywhere.
    pub namespace: Option<String>,
    /// Why.
    pub failure: Failure,
}

impl Unseen {
    /// The permission that would show it, as `kubectl auth can-i` asks for it.
    pub fn permission(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("list {} in namespace {namespace}", self.resource.name()),
            None if !self.resource.namespaced => format!("list {}", self.resource.name()),
            None => format!("list {} in all namespaces", self.resource.name()),
        }
    }
}

/// What was read.
#[derive(Debug)]
pub struct Read {
    /// The objects, in the order of group, kind, namespace, name.
    pub snapshot: Snapshot,
    /// `cluster:CONTEXT`.
    pub source: Arc<Source>,
    /// What the cluster serves.
    pub served: Served,
    /// What was listed.
    pub listed: Vec<Resource>,
    /// What could not be.
    pub unseen: Vec<Unseen>,
    /// Namespaces that were asked for and are gone.
    pub deleted: Deleted,
}

/// Namespaces that were asked for and are gone.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Deleted {
    /// They were there, and were deleted meanwhile: what was listed late of them is missing.
    pub meanwhile: Vec<String>,
    /// They are not there; nobody knows whether they were, because Namespaces were not listed.
    pub absent: Vec<String>,
}

impl Request {
    /// Are objects of this kind wanted?
    pub fn wants(&self, kind: Kind) -> bool {
        let has = |kind| self.wanted.contains(&Want::Kind(kind));
        has(Kind::ANY) || has(kind) || has(Kind::ANY_POD) && makes_pods(kind)
    }

    /// Is anything of this API group wanted?
    pub fn wants_group(&self, group: &str) -> bool {
        self.workloads.iter().any(|workload| workload.group == group)
            || self.wanted.iter().any(|want| match want {
                Want::Kind(Kind::ANY) => true,
                Want::Kind(Kind::ANY_POD) => Kind::all().any(|kind| makes_pods(kind) && kind.group() == group),
                Want::Kind(kind) => kind.group() == group && !group.is_empty(),
                Want::Named(wanted, _) => wanted == group,
            })
    }

    /// The listings that show resources: one for all namespaces, or one for each that is asked for.
    pub(crate) fn listings(&self, resources: &[Resource]) -> Vec<Stream> {
        let mut listings: Vec<Stream> = Vec::new();
        for resource in resources {
            let everywhere = self.namespaces.is_empty() || !resource.namespaced;
            let places: Vec<Option<String>> = match everywhere {
                true => vec![None],
                false => self.namespaces.iter().cloned().map(Some).collect(),
            };
            let types = self.types_of(resource);
            for namespace in places {
                let of = |of_type: &OfType| Stream {
                    resource: resource.clone(),
                    namespace: namespace.clone(),
                    of_type: of_type.clone(),
                };
                listings.extend(types.iter().map(of));
            }
        }
        listings
    }

    fn types_of(&self, resource: &Resource) -> Vec<OfType> {
        if resource.known_kind() != Kind::SECRET || self.secret_types.is_empty() {
            return vec![OfType::Any];
        }
        let known = self.secret_types.iter().cloned();
        known.clone().map(OfType::One).chain([OfType::Other(known.collect())]).collect()
    }

    /// The resources of a cluster that show what is wanted.
    pub fn resources(&self, served: &Served) -> Vec<Resource> {
        let everything = self.wanted.contains(&Want::Kind(Kind::ANY));
        let pods = everything || self.wanted.contains(&Want::Kind(Kind::ANY_POD));
        let wanted = |resource: &&Resource| {
            let kind = resource.known_kind();
            let never = NEVER.contains(&(resource.group.as_str(), resource.plural.as_str()));
            let named = || {
                self.wanted.contains(&Want::Named(resource.group.clone(), resource.kind.clone()))
                    || kind != Kind::OTHER && self.wanted.contains(&Want::Kind(kind))
            };
            let custom = || {
                let same =
                    |c: &&CustomWorkload| c.kind == resource.kind && (c.group == "*" || c.group == resource.group);
                self.workloads.iter().any(|c| same(&c))
            };
            if self.without_secrets && kind == Kind::SECRET {
                return false;
            }
            named() || !never && (everything || pods && (makes_pods(kind) || custom()))
        };
        served.resources.iter().filter(wanted).cloned().collect()
    }
}

/// Whoever looks at objects while a cluster is read, and keeps less than all of them.
pub trait Through: Sync {
    /// Before anything is listed: what the cluster serves.
    fn begin(&self, served: &Served);

    /// Should this be listed after others? The lowest come first.
    fn turn(&self, of: &Resource) -> u8;

    /// Takes the objects of a page, and gives as many back in the same order.
    fn take(&self, of: &Resource, documents: Vec<Document>) -> Vec<Arc<Document>>;

    /// These came to nothing: their listing began again, or failed.
    fn forget(&self, documents: &[Arc<Document>]);

    /// A listing was made, and this is the whole of it.
    fn listed(&self, of: &Resource, documents: &[Arc<Document>]);
}

/// Nobody.
struct Plainly;

impl Through for Plainly {
    fn begin(&self, _: &Served) {}

    fn turn(&self, _: &Resource) -> u8 {
        0
    }

    fn take(&self, _: &Resource, documents: Vec<Document>) -> Vec<Arc<Document>> {
        documents.into_iter().map(Arc::new).collect()
    }

    fn forget(&self, _: &[Arc<Document>]) {}

    fn listed(&self, _: &Resource, _: &[Arc<Document>]) {}
}

/// Reads what is wanted. What the cluster refuses is in [`Read::unseen`] and costs nothing else.
///
/// # Errors
///
/// When the cluster does not say what it serves.
pub fn read(connection: &Connection, request: &Request, progress: &Progress) -> Result<Read, Failure> {
    read_through(connection, request, progress, &Plainly)
}

/// As [`read`], with the objects of every page in somebody's hands as soon as it came.
///
/// # Errors
///
/// When the cluster does not say what it serves.
pub fn read_through(
    connection: &Connection,
    request: &Request,
    progress: &Progress,
    through: &dyn Through,
) -> Result<Read, Failure> {
    let served = connection.discover()?;
    through.begin(&served);
    let resources = request.resources(&served);
    let source = Source::new(format!("cluster:{}", connection.context()), "");
    let tasks = request.listings(&resources);
    progress.listings.store(tasks.len(), Ordering::Relaxed);
    let answers = connection.runtime.block_on(list_all(connection, &tasks, &source, progress, through));
    let mut builder = Snapshot::builder();
    let mut unseen = Vec::new();
    let mut listed = BTreeSet::new();
    let mut last: Option<(Resource, Vec<Arc<Document>>)> = None;
    for (Stream { resource, namespace, .. }, answer) in tasks.into_iter().zip(answers) {
        match answer {
            Ok(documents) => {
                listed.insert(resource.clone());
                // Objects of one kind come from several listings: together they are in one order.
                match &mut last {
                    Some((known, before)) if *known == resource => before.extend(documents),
                    _ => {
                        if let Some((known, before)) = last.replace((resource, documents)) {
                            add(&mut builder, &known, before);
                        }
                    }
                }
            }
            // A custom resource whose definition went in the meantime has no objects.
            Err(failure) if failure.code == "cluster/not-found" => {}
            Err(failure) => unseen.push(Unseen { resource, namespace, failure }),
        }
    }
    if let Some((known, documents)) = last {
        add(&mut builder, &known, documents);
    }
    // Of one kind and place several listings may have failed: it is one permission.
    unseen.dedup_by(|a, b| a.resource == b.resource && a.namespace == b.namespace && a.failure.code == b.failure.code);
    let snapshot = builder.build();
    let is_listed = resources.iter().any(|resource| resource.known_kind() == Kind::NAMESPACE);
    let (deleted, in_doubt) = deleted(connection, request, &served, is_listed, &snapshot);
    unseen.extend(in_doubt);
    Ok(Read { snapshot, source, served, listed: listed.into_iter().collect(), unseen, deleted })
}

/// Namespaces that were asked for and are gone, or are not the same any more. The API server lists nothing in a namespace
/// that is gone, and calls that no error: whoever asked for it would be told that nothing is wrong in it. Who wants no
/// Namespaces may not be allowed to list them, and need not be.
fn deleted(
    connection: &Connection,
    request: &Request,
    served: &Served,
    is_listed: bool,
    snapshot: &Snapshot,
) -> (Deleted, Option<Unseen>) {
    let mut found = Deleted::default();
    let Some(resource) = served.resources.iter().find(|resource| resource.known_kind() == Kind::NAMESPACE) else {
        return (found, None);
    };
    let source = Source::new("namespace", "");
    let uid = |node: NodeRef<'_>| {
        node.at_pointer("/metadata/uid").and_then(|node| node.as_str()).unwrap_or_default().to_owned()
    };
    let is_going = |node: NodeRef<'_>| node.at_pointer("/metadata/deletionTimestamp").is_some();
    for name in &request.namespaces {
        let before = snapshot.named(Kind::NAMESPACE, None, name).first().map(|object| object.root());
        if is_listed && before.is_none() {
            // It was not there to begin with, which is told elsewhere.
            continue;
        }
        let of_type = OfType::Named(name.clone());
        let stream = Stream { resource: resource.clone(), namespace: None, of_type };
        let mut now: Vec<Document> = Vec::new();
        match connection.runtime.block_on(connection.asker.list(&stream, &source, &mut now)) {
            Ok(_) => {}
            Err(failure) if failure.code == "cluster/forbidden" && !is_listed => return (found, None),
            Err(failure) => return (found, Some(Unseen { resource: resource.clone(), namespace: None, failure })),
        }
        let now = now.first().map(Document::root);
        match (before, now) {
            (None, None) => found.absent.push(name.clone()),
            (None, Some(_)) => {}
            // One of that name that was made anew is another. One that was going before is as complete as it was.
            (Some(before), Some(now)) if uid(now) == uid(before) && (is_going(before) || !is_going(now)) => {}
            (Some(_), _) => found.meanwhile.push(name.clone()),
        }
    }
    (found, None)
}

/// Hands the objects of one listing through, and keeps what comes back.
struct Kept<'t> {
    through: &'t dyn Through,
    progress: &'t Progress,
    of: &'t Resource,
    documents: Vec<Arc<Document>>,
}

impl Taker for Kept<'_> {
    fn take(&mut self, documents: Vec<Document>) {
        self.progress.objects.fetch_add(documents.len(), Ordering::Relaxed);
        self.documents.append(&mut self.through.take(self.of, documents));
    }

    fn forget(&mut self) {
        self.progress.objects.fetch_sub(self.documents.len(), Ordering::Relaxed);
        self.through.forget(&self.documents);
        self.documents.clear();
    }
}

/// Answers in the order of the listings, whichever was made first.
async fn list_all(
    connection: &Connection,
    tasks: &[Stream],
    source: &Arc<Source>,
    progress: &Progress,
    through: &dyn Through,
) -> Vec<Result<Vec<Arc<Document>>, Failure>> {
    let free = Semaphore::new(AT_ONCE);
    let one = async |(place, stream): (usize, &Stream)| {
        // The semaphore lives as long as this function and is never closed.
        let _turn = free.acquire().await.ok();
        let mut kept = Kept { through, progress, of: &stream.resource, documents: Vec::new() };
        let answer = connection.asker.list_served(stream, source, &mut kept).await;
        progress.made.fetch_add(1, Ordering::Relaxed);
        let answer = answer.map(|_| {
            through.listed(kept.of, &kept.documents);
            kept.documents
        });
        (place, answer)
    };
    let mut turns: Vec<(usize, &Stream)> = tasks.iter().enumerate().collect();
    turns.sort_by_key(|(_, stream)| through.turn(&stream.resource));
    let mut answers = futures_util::future::join_all(turns.into_iter().map(one)).await;
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Objects in one order, whatever the server's was.
fn add(builder: &mut SnapshotBuilder, resource: &Resource, mut documents: Vec<Arc<Document>>) {
    let key = |document: &Arc<Document>| {
        let text = |pointer: &str| {
            let node = document.root().at_pointer(pointer);
            node.and_then(|node| node.as_str()).unwrap_or_default().to_owned()
        };
        (text("/metadata/namespace"), text("/metadata/name"))
    };
    documents.sort_by_cached_key(key);
    let of_type = Arc::new((resource.api_version(), resource.kind.clone()));
    for document in documents {
        builder.add_typed(document, UnitId::default(), &of_type);
    }
}
