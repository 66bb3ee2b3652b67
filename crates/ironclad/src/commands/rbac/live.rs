//! Roles and bindings of a live cluster, and who asks it.
//!
//! Invariant: what an answer needs and the cluster did not show makes the answer incomplete; what only helps (names of
//! namespaces, to suggest one) may be missing.

use super::session::RBAC;
use crate::args::cluster::{Acting, Cluster};
use crate::commands::live;
use crate::progress::Line;
use ironclad_authz::resources::{Resource, Table};
use ironclad_cluster::{Connection, Entry, Failure, Progress, Read, Request, Unseen, Want};
use ironclad_model::{Kind, ReportedProblem, Snapshot, UnitId};
use ironclad_tree::Severity;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is asked of a cluster beside roles and bindings.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asked<'a> {
    /// Kinds that the answer hangs on.
    pub(crate) needed: &'a [Kind],
    /// What the Node authorizer looks at.
    pub(crate) nodes: bool,
    /// Roles and bindings of the one namespace are enough.
    pub(crate) narrow: bool,
}

/// What a cluster showed.
pub(crate) struct Live {
    pub(crate) connection: Connection,
    pub(crate) read: Read,
    pub(crate) problems: Vec<ReportedProblem>,
    /// What the answer needs and was not shown, in words.
    pub(crate) unseen: Vec<(Kind, String)>,
}

/// Reads a cluster; an error where it is not to be had at all.
pub(crate) fn read(
    flags: &Cluster,
    namespace: Option<&str>,
    asked: Asked<'_>,
    line: &Line,
) -> Result<Live, (String, Failure)> {
    let connection = live::connect(flags, &Acting::default()).map_err(|failure| {
        let context = flags.context.as_deref().unwrap_or("current");
        (format!("cluster:{context}"), failure)
    })?;
    let source = format!("cluster:{}", connection.context());
    let space = namespace.unwrap_or(connection.namespace()).to_owned();
    let mut wanted: BTreeSet<Want> = RBAC.iter().chain(asked.needed).map(|kind| Want::Kind(*kind)).collect();
    // Only to say which namespaces there are, where one is misspelt.
    wanted.insert(Want::Kind(Kind::NAMESPACE));
    if asked.nodes {
        wanted.extend(of_nodes());
    }
    let namespaces = if asked.narrow && !asked.nodes { vec![space.clone()] } else { Vec::new() };
    let request = Request { wanted, namespaces, without_secrets: true, ..Request::default() };
    let fail = |failure| (source.clone(), failure);
    let mut read = ironclad_cluster::read(&connection, &request, line.listing()).map_err(fail)?;
    retry_narrowly(&connection, &mut read, &space, line.listing()).map_err(fail)?;
    let is_needed = |unseen: &&Unseen| {
        let kind = unseen.resource.known_kind();
        RBAC.contains(&kind) || asked.needed.contains(&kind) || (asked.nodes && kind != Kind::NAMESPACE)
    };
    let missing: Vec<&Unseen> = read.unseen.iter().filter(is_needed).collect();
    let mut problems: Vec<ReportedProblem> = missing.iter().map(|unseen| refused(unseen, &source)).collect();
    problems.extend(live::deleted_namespaces(&read, &source));
    let unseen = missing.iter().map(|unseen| {
        let reason = match unseen.failure.code {
            "cluster/forbidden" => format!("not allowed to {}", unseen.permission()),
            _ => format!("could not {}", unseen.permission()),
        };
        (unseen.resource.known_kind(), reason)
    });
    let unseen = unseen.collect();
    Ok(Live { connection, read, problems, unseen })
}

/// What the Node authorizer looks at.
pub(super) fn of_nodes() -> impl Iterator<Item = Want> {
    let named = [
        ("storage.k8s.io", "VolumeAttachment"),
        ("resource.k8s.io", "ResourceSlice"),
        ("certificates.k8s.io", "PodCertificateRequest"),
    ];
    let named = named.map(|(group, kind)| Want::Named(group.to_owned(), kind.to_owned()));
    [Kind::POD, Kind::PERSISTENT_VOLUME].map(Want::Kind).into_iter().chain(named)
}

fn refused(unseen: &Unseen, source: &str) -> ReportedProblem {
    let mut failure = unseen.failure.clone();
    failure.message = format!("could not {}: {}", unseen.permission(), failure.message);
    if failure.code == "cluster/forbidden" {
        failure.hint = Some(match &unseen.namespace {
            None if unseen.resource.namespaced => "`-n NAMESPACE` asks in one namespace only".to_owned(),
            _ => "what is known of it is answered".to_owned(),
        });
    }
    live::problem(source, failure, Severity::Error)
}

/// Roles and bindings that may not be listed everywhere are listed in the namespace of the question: what is wider stays
/// unseen, and something is seen.
fn retry_narrowly(
    connection: &Connection,
    read: &mut Read,
    namespace: &str,
    progress: &Progress,
) -> Result<(), Failure> {
    let again: BTreeSet<Want> = read
        .unseen
        .iter()
        .filter(|unseen| unseen.namespace.is_none() && unseen.resource.namespaced)
        .filter(|unseen| unseen.failure.code == "cluster/forbidden" && RBAC.contains(&unseen.resource.known_kind()))
        .map(|unseen| Want::Kind(unseen.resource.known_kind()))
        .collect();
    if again.is_empty() {
        return Ok(());
    }
    let namespaces = vec![namespace.to_owned()];
    let request = Request { wanted: again, namespaces, without_secrets: true, ..Request::default() };
    let narrow = ironclad_cluster::read(connection, &request, progress)?;
    // Nothing of these kinds is in what was read before.
    let mut builder = Snapshot::overlay(&Arc::new(std::mem::take(&mut read.snapshot)), []);
    for object in narrow.snapshot.objects() {
        let of_type = Arc::new((object.api_version().to_owned(), object.kind_name().to_owned()));
        builder.add_typed(Arc::clone(object.document()), UnitId::default(), &of_type);
    }
    read.snapshot = builder.build();
    Ok(())
}

/// The resources that a cluster serves, as questions name them.
pub(crate) fn table(entries: &[Entry]) -> Table {
    Table::served(entries.iter().map(|entry| Resource {
        group: entry.group.clone(),
        name: entry.plural.clone(),
        subresource: entry.subresource.clone(),
        namespaced: entry.namespaced,
        kind: entry.kind.clone(),
        singular: entry.singular.clone(),
        short: entry.short.clone(),
        verbs: entry.verbs.clone(),
    }))
}
