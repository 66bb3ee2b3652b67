//! Snapshots of a cluster among the arguments: files that `ironclad snapshot` wrote.

use crate::discover::Found;
use ironclad_check::{Beside, DeprecatedUse, Told, UnseenKind};
use ironclad_model::{Input, Kind, ReportedProblem, SnapshotBuilder, UnitId};
use ironclad_snapshot::{Batch, Deprecated, Fault, Header, Limits, MAGIC, Missing, Snapshot};
use ironclad_tree::{Problem, Severity, Span};
use ironclad_views::makes_pods;
use std::io::{BufReader, Read};
use std::sync::Arc;

/// What is known of a cluster that objects came from.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// What was asked for and not shown.
    pub unseen: Vec<UnseenKind>,
    /// Minor version of the API server.
    pub minor: Option<u8>,
    /// All namespaces were asked for: what is not here does not exist.
    pub whole: bool,
    /// Nothing but objects of clusters was read.
    pub alone: bool,
    /// What the cluster says beside its objects.
    pub beside: Arc<Beside>,
}

/// A snapshot in what standard input gave, or what it gave.
pub(crate) fn in_bytes(bytes: Vec<u8>) -> Result<Snapshot, Vec<u8>> {
    match bytes.starts_with(&MAGIC) {
        true => Ok(ironclad_snapshot::read(&bytes[..], &Limits::default())),
        false => Err(bytes),
    }
}

/// The file, where it was named and begins as a snapshot does. What cannot be opened is told by who reads it as text.
pub(crate) fn open(file: &Found) -> Option<Snapshot> {
    let path = file.path.as_ref().filter(|_| file.named)?;
    let mut opened = fs_err::File::open(path).ok()?;
    let mut magic = [0; MAGIC.len()];
    opened.read_exact(&mut magic).ok()?;
    if magic != MAGIC {
        return None;
    }
    let rest = BufReader::with_capacity(1 << 20, opened);
    Some(ironclad_snapshot::read((&magic[..]).chain(rest), &Limits::default()))
}

/// Adds what a file held.
pub(crate) fn add(
    name: &str,
    snapshot: Snapshot,
    builder: &mut SnapshotBuilder,
    problems: &mut Vec<ReportedProblem>,
    live: &mut Option<Live>,
) -> Input {
    let mut objects = 0;
    for Batch { of, documents } in snapshot.batches {
        let of_type = Arc::new((of.api_version, of.kind));
        objects += documents.len();
        for document in documents {
            builder.add_typed(Arc::new(document), UnitId::default(), &of_type);
        }
    }
    let report = |code, severity, message, hint: Option<String>| ReportedProblem {
        source: name.to_owned(),
        text: None,
        problem: Problem { code, severity, span: Span { start: 0, end: 0 }, message, hint },
    };
    if let Some(fault) = &snapshot.fault {
        let hint = match fault {
            Fault::Version(_) => "read it with the version of ironclad that wrote it, or take another".to_owned(),
            _ => "take another with `ironclad snapshot`; what could be read of it is judged".to_owned(),
        };
        problems.push(report("input/snapshot", Severity::Error, format!("the snapshot {fault}"), Some(hint)));
    }
    let Some(header) = snapshot.header else { return Input { source: name.to_owned(), objects } };
    let known = live.get_or_insert_with(|| Live { whole: true, ..Live::default() });
    known.whole &= header.namespaces.is_empty() && snapshot.fault.is_none();
    known.minor = known.minor.max(minor(&header));
    for missing in &header.not_observed {
        let message = format!("could not {} when the snapshot was taken: {}", missing.permission, missing.message);
        problems.push(report("cluster/not-observed", Severity::Error, message, None));
        known.unseen.push(unseen(missing));
    }
    known.beside = Arc::new(beside(&header));
    if header.without_secrets {
        let reason = "the snapshot holds no Secrets: `--list-secrets` takes them in".to_owned();
        known.unseen.push(UnseenKind { kind: Kind::SECRET, makes_pods: false, reason });
    }
    Input { source: name.to_owned(), objects }
}

/// What the header says beside objects. Values of Secrets are in no snapshot.
fn beside(header: &Header) -> Beside {
    let of = |used: &Deprecated| DeprecatedUse {
        group: used.group.clone(),
        version: used.version.clone(),
        resource: used.resource.clone(),
        removed: used.removed.clone(),
    };
    let deprecated = match &header.deprecated_requests {
        Some(used) => Told::Yes(used.iter().map(of).collect()),
        None => Told::No("the snapshot does not say which deprecated APIs were asked for".to_owned()),
    };
    Beside { deprecated, secrets: Told::No("a snapshot holds no values of Secrets".to_owned()) }
}

fn unseen(missing: &Missing) -> UnseenKind {
    let kind = Kind::of(&missing.api_version, &missing.kind);
    let reason = format!("the snapshot's user was not allowed to {}", missing.permission);
    UnseenKind { kind, makes_pods: makes_pods(kind), reason }
}

fn minor(header: &Header) -> Option<u8> {
    header.kubernetes.strip_prefix("v1.")?.split(['.', '+', '-']).next()?.parse().ok()
}
