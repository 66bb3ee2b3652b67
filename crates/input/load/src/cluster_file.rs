//! Snapshots of a cluster among the arguments: files that `ironclad snapshot` wrote.

use crate::discover::Found;
use ironclad_check::{Beside, DeprecatedUse, Sieve, Told, UnseenKind};
use ironclad_model::{Input, Kind, ReportedProblem, SnapshotBuilder, UnitId};
use ironclad_snapshot::{Batch, Deprecated, Fault, Header, KindOf, Limits, MAGIC, Missing, Snapshot, Through};
use ironclad_tree::{Document, Problem, Severity, Span};
use ironclad_views::makes_pods;
use std::collections::BTreeSet;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// What is known of a cluster that objects came from.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// What was asked for and not shown.
    pub unseen: Vec<UnseenKind>,
    /// Minor version of the API server.
    pub minor: Option<u8>,
    /// All namespaces were asked for: what is not here does not exist.
    pub whole: bool,
    /// The namespaces that were asked for, where not all were.
    pub namespaces: Option<BTreeSet<String>>,
    /// Nothing but objects of clusters was read.
    pub alone: bool,
    /// What the cluster says beside its objects.
    pub beside: Arc<Beside>,
}

/// Who judges the objects of a snapshot while it is read, under what its header says.
pub type Sift<'s> = &'s (dyn Fn(&Live) -> Sieve + Sync);

/// A file, and what was said of it while it was read.
pub(crate) struct Held {
    pub(crate) snapshot: Snapshot,
    pub(crate) sieve: Option<Sieve>,
}

/// Hands objects to a sieve, which is made when the header is known.
struct Sifting<'s> {
    sift: Sift<'s>,
    sieve: OnceLock<Sieve>,
}

impl Sifting<'_> {
    fn sieve(&self, header: &Header) -> &Sieve {
        self.sieve.get_or_init(|| (self.sift)(&Live { alone: true, ..Live::of(header, true) }))
    }
}

impl Through for Sifting<'_> {
    fn see(&self, header: &Header, of: &KindOf, documents: &[Document]) {
        self.sieve(header).see(&(of.api_version.clone(), of.kind.clone()), documents);
    }

    fn take(&self, header: &Header, of: &KindOf, documents: Vec<Document>) -> Vec<Arc<Document>> {
        self.sieve(header).sift(&Arc::new((of.api_version.clone(), of.kind.clone())), documents)
    }
}

/// Reads a snapshot. One that is broken says less than its header promised, so it is read again and judged as a whole.
fn read(again: &dyn Fn() -> Option<Box<dyn Read>>, sift: Option<Sift<'_>>) -> Option<Held> {
    if let Some(sift) = sift {
        let sifting = Sifting { sift, sieve: OnceLock::new() };
        let snapshot = ironclad_snapshot::read_through(again()?, &Limits::default(), &sifting);
        if snapshot.fault.is_none() {
            return Some(Held { snapshot, sieve: sifting.sieve.into_inner() });
        }
    }
    Some(Held { snapshot: ironclad_snapshot::read(again()?, &Limits::default()), sieve: None })
}

/// A snapshot in what standard input gave, or what it gave.
pub(crate) fn in_bytes(bytes: Vec<u8>, sift: Option<Sift<'_>>) -> Result<Held, Vec<u8>> {
    if !bytes.starts_with(&MAGIC) {
        return Err(bytes);
    }
    let bytes: Arc<[u8]> = bytes.into();
    let again = || -> Option<Box<dyn Read>> { Some(Box::new(std::io::Cursor::new(Arc::clone(&bytes)))) };
    read(&again, sift).ok_or_else(Vec::new)
}

/// The file, where it was named and begins as a snapshot does. What cannot be opened is told by who reads it as text.
pub(crate) fn open(file: &Found, sift: Option<Sift<'_>>) -> Option<Held> {
    let path = file.path.as_ref().filter(|_| file.named)?;
    let again = || reader(path);
    again()?;
    read(&again, sift)
}

fn reader(path: &Path) -> Option<Box<dyn Read>> {
    let mut opened = fs_err::File::open(path).ok()?;
    let mut magic = [0; MAGIC.len()];
    opened.read_exact(&mut magic).ok()?;
    let rest = BufReader::with_capacity(1 << 20, opened);
    (magic == MAGIC).then(|| Box::new(std::io::Cursor::new(magic).chain(rest)) as Box<dyn Read>)
}

impl Live {
    /// What a header says; `sound` where the rest of its file is.
    fn of(header: &Header, sound: bool) -> Live {
        let is_everywhere = header.namespaces.is_empty();
        let mut unseen: Vec<UnseenKind> = header.not_observed.iter().map(unseen).collect();
        if header.without_secrets {
            let reason = "the snapshot holds no Secrets: `--list-secrets` takes them in".to_owned();
            unseen.push(UnseenKind { kind: Kind::SECRET, makes_pods: false, reason });
        }
        Live {
            unseen,
            minor: minor(header),
            whole: is_everywhere && sound,
            namespaces: (!is_everywhere).then(|| header.namespaces.iter().cloned().collect()),
            alone: false,
            beside: Arc::new(beside(header)),
        }
    }

    /// Both together.
    fn with(self, other: Live) -> Live {
        let namespaces = self.namespaces.zip(other.namespaces);
        Live {
            unseen: [self.unseen, other.unseen].concat(),
            minor: self.minor.max(other.minor),
            whole: self.whole && other.whole,
            namespaces: namespaces.map(|(own, others)| own.into_iter().chain(others).collect()),
            alone: false,
            beside: other.beside,
        }
    }
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
            builder.add_typed(document, UnitId::default(), &of_type);
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
    let own = Live::of(&header, snapshot.fault.is_none());
    *live = Some(match live.take() {
        Some(known) => known.with(own),
        None => own,
    });
    for missing in &header.not_observed {
        let message = format!("could not {} when the snapshot was taken: {}", missing.permission, missing.message);
        problems.push(report("cluster/not-observed", Severity::Error, message, None));
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
