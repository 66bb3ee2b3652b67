//! A live cluster as the input of a command: what is asked of it, and what it did not show.
//!
//! Invariant: what was asked for and not shown is a problem (the run is incomplete) and an [`UnseenKind`], so that no
//! check takes it for something that does not exist.

use super::judge::Session;
use super::settings;
use crate::args::cluster::Cluster;
use crate::args::{Global, Scan};
use crate::failure::user_error;
use crate::progress::Line;
use ironclad_check::{Enabled, Subscription, UnseenKind};
use ironclad_cluster::{Access, Connection, Failure, Progress, Read, Request, Unseen, Want};
use ironclad_load::Loaded;
use ironclad_model::{Finding, Input, Kind, ReportedProblem, Snapshot};
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

/// Names that can be those of namespaces.
pub(crate) fn namespaces(names: &[String]) -> anyhow::Result<()> {
    names.iter().try_for_each(|name| settings::namespace(name).map(drop))
}

/// Every kind that a check or a command looks at.
pub(crate) fn every_kind() -> BTreeSet<Want> {
    let never = [Kind::EVENT, Kind::LEASE];
    Kind::all().filter(|kind| !never.contains(kind)).map(Want::Kind).collect()
}

/// Flags that contradict each other.
pub(crate) fn check(arguments: &Scan) -> anyhow::Result<()> {
    let extent = &arguments.extent;
    if arguments.cluster.is_asked() {
        if let Some(revision) = &arguments.compare.diff_base {
            let help = "`--baseline FILE` compares a cluster with what is known of it".to_owned();
            return Err(user_error(format!("a cluster has no git revision `{revision}`"), help));
        }
        namespaces(&extent.all_of(arguments.input.charts.namespace.as_ref()))?;
        if let Some(path) = arguments.input.paths.first() {
            let help = "leave out the PATH, or the flags of the cluster".to_owned();
            return Err(user_error(format!("both a cluster and `{}` are to be scanned", path.display()), help));
        }
        return Ok(());
    }
    let given = [("--namespaces", !extent.namespaces.is_empty()), ("--list-secrets", extent.list_secrets)];
    match given.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) => {
            let help = "add `--cluster` or `--context NAME`".to_owned();
            Err(user_error(format!("`{flag}` is about a cluster, and none is asked"), help))
        }
        None => Ok(()),
    }
}

/// Reads the cluster of a scan.
pub(crate) fn load(arguments: &Scan, session: &Session, line: &Line) -> Loaded {
    let asked: Vec<Enabled> =
        session.run.enabled.iter().filter(|enabled| enabled.check.meta.applies.to(true)).cloned().collect();
    let namespaces = arguments.extent.all_of(arguments.input.charts.namespace.as_ref());
    let question = Question {
        wanted: wanted(&asked),
        workloads: &session.run.workloads,
        namespaces: &namespaces,
        secrets: arguments.extent.list_secrets,
    };
    let mut live = read(&arguments.cluster, &question, line.listing());
    let fixed = arguments.input.kubernetes_version.is_some() || session.config.kubernetes_version.is_some();
    if let Some(minor) = live.minor.filter(|minor| !fixed && *minor > settings::NEWEST) {
        let newest = settings::NEWEST;
        let failure = Failure {
            code: "cluster/version",
            message: format!("the cluster runs Kubernetes 1.{minor}, and is judged as 1.{newest}"),
            hint: Some("a newer ironclad may know it".to_owned()),
        };
        let source = live.inputs.first().map(|input| input.source.clone()).unwrap_or_default();
        live.problems.push(problem(&source, failure, Severity::Warning));
    }
    let facts = ironclad_load::Live {
        unseen: live.unseen,
        minor: live.minor,
        // Some namespaces are not the whole truth: what one refers to may be in another.
        whole: namespaces.is_empty(),
        alone: true,
    };
    Loaded {
        snapshot: live.snapshot,
        inputs: live.inputs,
        problems: live.problems,
        live: Some(facts),
        ..Loaded::default()
    }
}

/// Points findings at the manifests of `--source`; what of those cannot be read is among the problems.
pub(crate) fn track(
    arguments: &Scan,
    session: &Session,
    findings: &mut [Finding],
    loaded: &Loaded,
    global: &Global,
) -> anyhow::Result<Vec<ReportedProblem>> {
    let request = ironclad_load::Request { arguments: arguments.extent.source.clone(), ..session.request.clone() };
    let progress = ironclad_load::Progress::default();
    let files = settings::in_pool(global, || ironclad_load::load(&request, &progress))?;
    super::track::track(findings, &loaded.snapshot, &files.snapshot);
    Ok(files.problems)
}

/// Takes away findings of the cluster's own namespaces, and says how many.
pub(crate) fn leave_out_system(findings: &mut Vec<Finding>, loaded: &Loaded) -> Option<ReportedProblem> {
    let before = findings.len();
    findings.retain(|finding| {
        let object = loaded.snapshot.object(finding.object);
        let place = object.map(|object| match object.kind() {
            Kind::NAMESPACE => object.name(),
            _ => object.namespace().unwrap_or_default(),
        });
        !place.is_some_and(|place| SYSTEM.contains(&place))
    });
    let gone = before - findings.len();
    let source = loaded.inputs.first().map(|input| input.source.clone()).unwrap_or_default();
    let failure = Failure {
        code: "cluster/left-out",
        message: format!("{gone} findings in {} are left out", SYSTEM.join(", ")),
        hint: Some("`--no-system-namespaces` asks for that".to_owned()),
    };
    (gone > 0).then(|| problem(&source, failure, Severity::Warning))
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

pub(crate) fn refused(unseen: &Unseen, source: &str) -> ReportedProblem {
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
pub(crate) fn silent(group: &str, request: &Request, source: &str) -> ReportedProblem {
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
