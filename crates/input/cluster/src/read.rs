//! A cluster, read once.

use crate::list::Part;
use crate::{Connection, Failure, Resource, Served};
use ironclad_model::{Kind, Snapshot, SnapshotBuilder, UnitId};
use ironclad_tree::{Document, Source};
use ironclad_views::{CustomWorkload, makes_pods};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// Listings under way at once: more would only queue in the API server's own fairness.
const AT_ONCE: usize = 4;

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

/// Reads what is wanted. What the cluster refuses is in [`Read::unseen`] and costs nothing else.
///
/// # Errors
///
/// When the cluster does not say what it serves.
pub fn read(connection: &Connection, request: &Request, progress: &Progress) -> Result<Read, Failure> {
    let served = connection.discover()?;
    let resources = request.resources(&served);
    let source = Source::new(format!("cluster:{}", connection.context()), "");
    let mut tasks: Vec<(Resource, Option<String>)> = Vec::new();
    for resource in &resources {
        if request.namespaces.is_empty() || !resource.namespaced {
            tasks.push((resource.clone(), None));
        } else {
            tasks.extend(request.namespaces.iter().map(|namespace| (resource.clone(), Some(namespace.clone()))));
        }
    }
    progress.listings.store(tasks.len(), Ordering::Relaxed);
    let answers = connection.runtime.block_on(list_all(connection, &tasks, &source, progress));
    let mut builder = Snapshot::builder();
    let mut unseen = Vec::new();
    let mut listed = BTreeSet::new();
    for ((resource, namespace), answer) in tasks.into_iter().zip(answers) {
        match answer {
            Ok(documents) => {
                add(&mut builder, &resource, documents);
                listed.insert(resource);
            }
            // A custom resource whose definition went away in the meantime has no objects.
            Err(failure) if failure.code == "cluster/not-found" => {}
            Err(failure) => unseen.push(Unseen { resource, namespace, failure }),
        }
    }
    Ok(Read { snapshot: builder.build(), source, served, listed: listed.into_iter().collect(), unseen })
}

async fn list_all(
    connection: &Connection,
    tasks: &[(Resource, Option<String>)],
    source: &Arc<Source>,
    progress: &Progress,
) -> Vec<Result<Vec<Document>, Failure>> {
    let free = Semaphore::new(AT_ONCE);
    let seen = |objects| {
        progress.objects.fetch_add(objects, Ordering::Relaxed);
    };
    let one = async |(resource, namespace): &(Resource, Option<String>)| {
        // The semaphore lives as long as this function and is never closed.
        let _turn = free.acquire().await.ok();
        let part = if resource.known_kind() == Kind::SECRET { Part::Metadata } else { Part::Whole };
        let answer = connection.list(resource, namespace.as_deref(), part, source, &seen).await;
        progress.made.fetch_add(1, Ordering::Relaxed);
        answer
    };
    futures_util::future::join_all(tasks.iter().map(one)).await
}

/// Objects in one order, whatever the server's was.
fn add(builder: &mut SnapshotBuilder, resource: &Resource, mut documents: Vec<Document>) {
    let key = |document: &Document| {
        let text = |pointer: &str| {
            let node = document.root().at_pointer(pointer);
            node.and_then(|node| node.as_str()).unwrap_or_default().to_owned()
        };
        (text("/metadata/namespace"), text("/metadata/name"))
    };
    documents.sort_by_cached_key(key);
    let of_type = Arc::new((resource.api_version(), resource.kind.clone()));
    for document in documents {
        builder.add_typed(Arc::new(document), UnitId::default(), &of_type);
    }
}
