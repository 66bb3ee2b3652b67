//! A live cluster as the input of a command: what is asked of it, and what it did not show.
//!
//! Invariant: what was asked for and not shown is a problem (the run is incomplete) and an [`UnseenKind`], so that no
//! check takes it for something that does not exist.

use crate::args::cluster::Cluster;
use ironclad_check::{Enabled, Subscription, UnseenKind};
use ironclad_cluster::{Access, Connection, Failure, Progress, Read, Request, Unseen, Want};
use ironclad_model::{Input, Kind, ReportedProblem, Snapshot};
use ironclad_tree::{Problem, Severity, Span};
use ironclad_views::{WorkloadKinds, makes_pods};
use std::collections::BTreeSet;
use std::time::Duration;

/// Namespaces that the cluster itself lives in.
pub(crate) const SYSTEM: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// What was read, and what was not.
#[derive(Default)]
pub(crate) struct Live {
    pub(crate) snapshot: Snapshot,
    pub(crate) inputs: Vec<Input>,
    pub(crate) problems: Vec<ReportedProblem>,
    pub(crate) unseen: Vec<UnseenKind>,
    /// Minor version of the API server.
    pub(crate) minor: Option<u8>,
}

/// What is asked of a cluster.
pub(crate) struct Question<'a> {
    pub(crate) wanted: BTreeSet<Want>,
    pub(crate) workloads: &'a WorkloadKinds,
    /// All where it is empty.
    pub(crate) namespaces: &'a [String],
    /// Ask for the metadata of Secrets?
    pub(crate) secrets: bool,
}

/// Kinds that checks look at, as far as a cluster is asked for them.
pub(crate) fn wanted(enabled: &[Enabled]) -> BTreeSet<Want> {
    let asks = |enabled: &Enabled| {
        let meta = enabled.check.meta;
        let silent = matches!(enabled.check.run, Subscription::Waivers | Subscription::Event(_));
        if silent || !meta.applies.to(true) { &[] } else { meta.asks.unwrap_or(meta.reads) }
    };
    enabled.iter().flat_map(asks).map(|kind| Want::Kind(*kind)).collect()
}

/// Opens the cluster that the flags name.
pub(crate) fn connect(flags: &Cluster) -> Result<Connection, Failure> {
    Connection::open(&Access {
        kubeconfig: flags.kubeconfig.clone(),
        context: flags.context.clone(),
        timeout: flags.request_timeout.map(Duration::from_secs),
    })
}

/// Reads a cluster. Never fails: what went wrong is among the problems.
pub(crate) fn read(flags: &Cluster, question: &Question<'_>, progress: &Progress) -> Live {
    let connection = match connect(flags) {
        Ok(connection) => connection,
        Err(failure) => {
            let context = flags.context.as_deref().unwrap_or("current");
            let problems = vec![problem(&format!("cluster:{context}"), failure, Severity::Error)];
            return Live { problems, ..Live::default() };
        }
    };
    let request = Request {
        wanted: question.wanted.clone(),
        workloads: question.workloads.custom.clone(),
        namespaces: question.namespaces.to_vec(),
        without_secrets: !question.secrets,
    };
    let source = format!("cluster:{}", connection.context());
    match ironclad_cluster::read(&connection, &request, progress) {
        Ok(read) => of(read, &request, &source),
        Err(failure) => Live { problems: vec![problem(&source, failure, Severity::Error)], ..Live::default() },
    }
}

fn of(read: Read, request: &Request, source: &str) -> Live {
    let mut problems: Vec<ReportedProblem> = read.unseen.iter().map(|unseen| refused(unseen, source)).collect();
    let mut unseen: Vec<UnseenKind> = read.unseen.iter().map(|unseen| kind_of(unseen, request)).collect();
    for group in &read.served.silent {
        problems.push(silent(group, request, source));
    }
    if request.without_secrets && request.wants(Kind::SECRET) {
        let reason = "Secrets are listed only with `--list-secrets`".to_owned();
        unseen.push(UnseenKind { kind: Kind::SECRET, makes_pods: false, reason });
    }
    let inputs = vec![Input { source: source.to_owned(), objects: read.snapshot.len() }];
    Live { minor: read.served.minor(), snapshot: read.snapshot, inputs, problems, unseen }
}

fn kind_of(unseen: &Unseen, request: &Request) -> UnseenKind {
    let kind = unseen.resource.known_kind();
    let custom = request.workloads.iter().any(|workload| workload.kind == unseen.resource.kind);
    let reason = match unseen.failure.code {
        "cluster/forbidden" => format!("not allowed to {}", unseen.permission()),
        _ => format!("could not {}: {}", unseen.permission(), unseen.failure.message),
    };
    UnseenKind { kind, makes_pods: makes_pods(kind) || custom, reason }
}

fn refused(unseen: &Unseen, source: &str) -> ReportedProblem {
    let failure = Failure {
        message: format!("could not {}: {}", unseen.permission(), unseen.failure.message),
        hint: unseen.failure.hint.clone().or_else(|| {
            let forbidden = unseen.failure.code == "cluster/forbidden";
            forbidden.then(|| "`ironclad cluster permissions` prints the role that allows it".to_owned())
        }),
        ..unseen.failure.clone()
    };
    problem(source, failure, Severity::Error)
}

/// An aggregated API whose server did not answer: what it serves is not known.
fn silent(group: &str, request: &Request, source: &str) -> ReportedProblem {
    let name = group.split('/').next().unwrap_or(group);
    let wanted = request.wants_group(name);
    let message = format!("the server of the aggregated API \"{group}\" does not answer");
    let hint = match wanted {
        true => "objects of this group were asked for and could not be seen",
        false => "nothing of this group was asked for",
    };
    let failure = Failure { code: "cluster/silent-group", message, hint: Some(hint.to_owned()) };
    problem(source, failure, if wanted { Severity::Error } else { Severity::Warning })
}

pub(crate) fn problem(source: &str, failure: Failure, severity: Severity) -> ReportedProblem {
    let Failure { code, message, hint } = failure;
    let span = Span { start: 0, end: 0 };
    let problem = Problem { code, severity, span, message, hint };
    ReportedProblem { source: source.to_owned(), text: None, problem }
}
