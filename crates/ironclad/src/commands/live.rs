//! A live cluster as the input of a command: what is asked of it, and what it did not show.
//!
//! Invariant: what was asked for and not shown is a problem (the run is incomplete) and an [`UnseenKind`], so that no
//! check takes it for something that does not exist.

use super::judge::Session;
use super::settings;
use crate::args::Scan;
use crate::args::cluster::{Acting, Cluster};
use crate::failure::user_error;
use crate::progress::Line;
use ironclad_check::{
    Beside, DeprecatedUse, Enabled, Fact, SecretMarks, SecretPlace, Sieve, Subscription, Told, UnseenKind,
};
use ironclad_cluster::{
    Access, ActAs, Connection, DeprecatedRequest, Failure, HelmRelease, Progress, Read, Request, Resource, Served,
    Through, Unseen, Want,
};
use ironclad_load::Loaded;
use ironclad_model::{Finding, Input, Kind, ReportedProblem, Snapshot};
use ironclad_tree::{Document, Problem, Severity, Span};
use ironclad_views::makes_pods;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
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
    pub(crate) beside: Arc<Beside>,
    pub(crate) releases: Vec<HelmRelease>,
}

impl Live {
    /// Takes in what was read beside objects.
    pub(crate) fn add(&mut self, read: BesideRead) {
        // A permission that is missing is missing once.
        for problem in read.problems {
            if !self.problems.iter().any(|known| known.problem.message == problem.problem.message) {
                self.problems.push(problem);
            }
        }
        self.beside = Arc::new(read.beside);
        self.releases = read.releases;
    }
}

/// Kinds that checks look at, as far as a cluster is asked for them.
pub(crate) fn wanted(enabled: &[Enabled]) -> BTreeSet<Want> {
    let asks = |enabled: &Enabled| {
        let meta = enabled.check.meta;
        let silent = matches!(enabled.check.run, Subscription::Waivers | Subscription::Event(_));
        if silent || !meta.applies.to(true) { &[] } else { meta.asks.unwrap_or(meta.reads) }
    };
    let kinds = enabled.iter().flat_map(asks).map(|kind| Want::Kind(*kind));
    let runs = |check: &str| enabled.iter().any(|enabled| enabled.check.meta.id == check);
    let custom = CUSTOM.iter().filter(|(check, ..)| runs(check)).map(custom);
    kinds.chain(custom).collect()
}

/// Kinds without a constant that checks look at: the check, the group and the kind. A cluster that does not serve them is
/// not asked.
const CUSTOM: &[(&str, &str, &str)] = &[
    ("rbac/aws-auth-ignored", "eks.services.k8s.aws", "AccessEntry"),
    ("rbac/aws-auth-ignored", "eks.services.k8s.aws", "Cluster"),
    ("rbac/aws-identity-mapping", "iamauthenticator.k8s.aws", "IAMIdentityMapping"),
    ("rbac/azure-pod-identity", "aadpodidentity.k8s.io", "AzureIdentity"),
    ("rbac/azure-pod-identity", "aadpodidentity.k8s.io", "AzurePodIdentityException"),
    ("rbac/eks-access-group-unbound", "eks.services.k8s.aws", "AccessEntry"),
    ("rbac/eks-access-policy", "eks.services.k8s.aws", "AccessEntry"),
    ("rbac/eks-pod-identity", "eks.services.k8s.aws", "PodIdentityAssociation"),
    ("rbac/irsa-trust-wildcard", "iam.services.k8s.aws", "Role"),
];

fn custom((_, group, kind): &(&str, &str, &str)) -> Want {
    Want::Named((*group).to_owned(), (*kind).to_owned())
}

/// Names that can be those of namespaces.
pub(crate) fn namespaces(names: &[String]) -> anyhow::Result<()> {
    names.iter().try_for_each(|name| settings::namespace(name).map(drop))
}

/// Every kind that a check or a command looks at.
pub(crate) fn every_kind() -> BTreeSet<Want> {
    let never = [Kind::EVENT, Kind::LEASE];
    Kind::all().filter(|kind| !never.contains(kind)).map(Want::Kind).chain(CUSTOM.iter().map(custom)).collect()
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
    let given = [
        ("--namespaces", !extent.namespaces.is_empty()),
        ("--list-secrets", extent.list_secrets),
        ("--read-secret-values", extent.read_secret_values),
    ];
    let given = given.into_iter().chain([("--watch", arguments.watch)]);
    match given.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) => {
            let help = "add `--cluster` or `--context NAME`".to_owned();
            Err(user_error(format!("`{flag}` is about a cluster, and none is asked"), help))
        }
        None => Ok(()),
    }
}

/// Reads the cluster of a scan, and what Helm records in it. Objects are judged as they come, where that can be; to tell
/// where they come from takes whole ones.
pub(crate) fn load(arguments: &Scan, session: &Session, line: &Line) -> (Loaded, Vec<HelmRelease>) {
    let sifting = Sifting::new(arguments, session);
    let mut live = match connect(&arguments.cluster, &arguments.extent.acting) {
        Ok(connection) => {
            let request = request(arguments, session);
            let through = sifting.as_ref().map(|sifting| sifting as &dyn Through);
            let mut live = read(&connection, &request, line.listing(), through);
            // Of a cluster that does not answer nothing more is asked.
            if !live.inputs.is_empty() {
                live.add(beside(&connection, &request, arguments, session));
            }
            live
        }
        Err(failure) => unreached(&arguments.cluster, failure),
    };
    let releases = std::mem::take(&mut live.releases);
    let mut sieve = sifting.and_then(|sifting| sifting.sieve.into_inner());
    if let Some(sieve) = &mut sieve {
        sieve.told(&live.unseen, &live.beside);
    }
    (Loaded { sieve, ..loaded(live, arguments, session) }, releases)
}

/// Hands objects to a sieve, which is made when the version of the cluster is known.
struct Sifting<'s> {
    arguments: &'s Scan,
    session: &'s Session,
    sieve: OnceLock<Sieve>,
}

impl Sifting<'_> {
    fn new<'s>(arguments: &'s Scan, session: &'s Session) -> Option<Sifting<'s>> {
        arguments.extent.source.is_empty().then(|| Sifting { arguments, session, sieve: OnceLock::new() })
    }
}

impl Through for Sifting<'_> {
    fn begin(&self, served: &Served) {
        let namespaces = self.arguments.extent.all_of(self.arguments.input.charts.namespace.as_ref());
        let facts = ironclad_load::Live {
            minor: served.minor(),
            whole: namespaces.is_empty(),
            alone: true,
            ..ironclad_load::Live::default()
        };
        let version_is_asked = self.arguments.input.kubernetes_version.is_some();
        self.sieve.get_or_init(|| self.session.sieve(&facts, version_is_asked));
    }

    /// What owns others comes before them, where that spares keeping them.
    fn turn(&self, of: &Resource) -> u8 {
        match of.known_kind() {
            _ if self.sieve.get().is_none_or(|sieve| sieve.waits(Kind::POD)) => 0,
            Kind::POD => 2,
            Kind::REPLICA_SET | Kind::JOB => 1,
            _ => 0,
        }
    }

    fn take(&self, of: &Resource, documents: Vec<Document>) -> Vec<Arc<Document>> {
        match self.sieve.get() {
            Some(sieve) => sieve.sift(&Arc::new((of.api_version(), of.kind.clone())), documents),
            None => documents.into_iter().map(Arc::new).collect(),
        }
    }

    fn forget(&self, documents: &[Arc<Document>]) {
        self.sieve.get().into_iter().for_each(|sieve| sieve.forget(documents));
    }

    fn listed(&self, of: &Resource, documents: &[Arc<Document>]) {
        let documents = || documents.iter().map(Arc::as_ref);
        self.sieve.get().into_iter().for_each(|sieve| sieve.see(&(of.api_version(), of.kind.clone()), documents()));
    }
}

/// What a scan asks of a cluster.
pub(crate) fn request(arguments: &Scan, session: &Session) -> Request {
    let enabled = session.run.enabled.iter();
    let asked: Vec<Enabled> = enabled.filter(|enabled| enabled.check.meta.applies.to(true)).cloned().collect();
    Request {
        wanted: wanted(&asked),
        workloads: session.run.workloads.custom.clone(),
        namespaces: arguments.extent.all_of(arguments.input.charts.namespace.as_ref()),
        without_secrets: !arguments.extent.secrets(),
        secret_types: secret_types(&asked),
    }
}

/// Types of Secrets that checks tell from others.
pub(crate) fn secret_types(enabled: &[Enabled]) -> BTreeSet<String> {
    let of = |fact: &Fact| match fact {
        Fact::SecretType(name) => Some((*name).to_owned()),
        _ => None,
    };
    enabled.iter().flat_map(|enabled| enabled.check.meta.facts).filter_map(of).collect()
}

/// Does a check ask for the API server's metrics?
pub(crate) fn asks_metrics(enabled: &[Enabled]) -> bool {
    enabled.iter().any(|enabled| enabled.check.meta.facts.contains(&Fact::DeprecatedRequests))
}

/// What the cluster says beside its objects, as far as checks ask for it.
pub(crate) fn beside(connection: &Connection, request: &Request, arguments: &Scan, session: &Session) -> BesideRead {
    let mut read = BesideRead::default();
    let source = format!("cluster:{}", connection.context());
    let asks = |fact: Fact| session.run.enabled.iter().any(|enabled| enabled.check.meta.facts.contains(&fact));
    if asks(Fact::DeprecatedRequests) {
        read.beside.deprecated = match request.namespaces.is_empty() {
            false => Told::No("the API server's metrics are asked for by scans of the whole cluster only".to_owned()),
            true => match connection.deprecated_requests() {
                Ok(used) => Told::Yes(used.into_iter().map(deprecated).collect()),
                Err(failure) => {
                    let reason = format!("could not get /metrics: {}", failure.message);
                    let hint = Some("`ironclad cluster permissions` prints the role that allows it".to_owned());
                    let failure = Failure { message: reason.clone(), hint: failure.hint.clone().or(hint), ..failure };
                    read.problems.push(problem(&source, failure, Severity::Error));
                    Told::No(reason)
                }
            },
        };
    }
    if !arguments.extent.read_secret_values {
        read.beside.secrets = Told::No("values of Secrets are read only with `--read-secret-values`".to_owned());
        return read;
    }
    if asks(Fact::SecretValues) {
        let mut marks = SecretMarks::default();
        let unseen = connection.secret_values(&request.namespaces, &mut |secret| {
            let Ok(value) = std::str::from_utf8(secret.value) else { return };
            // A user's name or a host that stands elsewhere too is none.
            if ironclad_leak::judge(secret.key, value.trim()).is_some() {
                let of = |text: &str| text.to_owned();
                let place = SecretPlace { namespace: of(secret.namespace), name: of(secret.name), key: of(secret.key) };
                marks.insert(value, place);
            }
        });
        read.beside.secrets = match unseen.first() {
            None => Told::Yes(marks),
            Some(first) => Told::No(format!("could not {}: {}", first.permission(), first.failure.message)),
        };
        read.problems.extend(unseen.iter().map(|unseen| refused(unseen, &source)));
    }
    let (releases, unseen, kept) = connection.helm_releases(&request.namespaces);
    read.releases = releases;
    read.problems.extend(kept.map(|failure| {
        let forbidden = failure.code == "cluster/forbidden";
        let role = "`ironclad cluster permissions --read-secret-values` prints the role that allows it".to_owned();
        let hint = failure.hint.clone().or(forbidden.then_some(role));
        let message = format!("could not get secrets, the records of Helm: {}", failure.message);
        problem(&source, Failure { message, hint, ..failure }, Severity::Error)
    }));
    // What could not be listed was said above.
    if !asks(Fact::SecretValues) {
        read.problems.extend(unseen.iter().map(|unseen| refused(unseen, &source)));
    }
    read
}

/// What was read beside objects.
#[derive(Default)]
pub(crate) struct BesideRead {
    pub(crate) beside: Beside,
    pub(crate) releases: Vec<HelmRelease>,
    pub(crate) problems: Vec<ReportedProblem>,
}

fn deprecated(request: DeprecatedRequest) -> DeprecatedUse {
    let DeprecatedRequest { group, version, resource, removed } = request;
    DeprecatedUse { group, version, resource, removed }
}

/// What was read, as the input of a judgement.
pub(crate) fn loaded(mut live: Live, arguments: &Scan, session: &Session) -> Loaded {
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
    let namespaces = arguments.extent.all_of(arguments.input.charts.namespace.as_ref());
    let facts = ironclad_load::Live {
        unseen: live.unseen,
        minor: live.minor,
        // Some namespaces are not the whole truth: what one refers to may be in another.
        whole: namespaces.is_empty(),
        namespaces: (!namespaces.is_empty()).then(|| namespaces.into_iter().collect()),
        alone: true,
        beside: live.beside,
    };
    Loaded {
        snapshot: live.snapshot,
        inputs: live.inputs,
        problems: live.problems,
        live: Some(facts),
        ..Loaded::default()
    }
}

/// Takes away findings of the cluster's own namespaces, and says how many.
pub(crate) fn leave_out_system(
    findings: &mut Vec<Finding>,
    snapshot: &Snapshot,
    source: &str,
) -> Option<ReportedProblem> {
    let before = findings.len();
    findings.retain(|finding| {
        let object = snapshot.object(finding.object);
        let place = object.map(|object| match object.kind() {
            Kind::NAMESPACE => object.name(),
            _ => object.namespace().unwrap_or_default(),
        });
        !place.is_some_and(|place| SYSTEM.contains(&place))
    });
    let gone = before - findings.len();
    let failure = Failure {
        code: "cluster/left-out",
        message: format!("{gone} findings in {} are left out", SYSTEM.join(", ")),
        hint: Some("`--no-system-namespaces` asks for that".to_owned()),
    };
    (gone > 0).then(|| problem(source, failure, Severity::Warning))
}

/// Opens the cluster that the flags name.
pub(crate) fn connect(flags: &Cluster, acting: &Acting) -> Result<Connection, Failure> {
    let act_as = acting.act_as.clone();
    let act_as = act_as.map(|user| ActAs { user, groups: acting.as_group.clone(), uid: acting.as_uid.clone() });
    Connection::open(&Access {
        kubeconfig: flags.kubeconfig.clone(),
        context: flags.context.clone(),
        timeout: flags.request_timeout.map(Duration::from_secs),
        act_as,
    })
}

/// A cluster that could not be opened.
pub(crate) fn unreached(flags: &Cluster, failure: Failure) -> Live {
    let context = flags.context.as_deref().unwrap_or("current");
    let problems = vec![problem(&format!("cluster:{context}"), failure, Severity::Error)];
    Live { problems, ..Live::default() }
}

/// Reads a cluster. Never fails: what went wrong is among the problems.
fn read(connection: &Connection, request: &Request, progress: &Progress, through: Option<&dyn Through>) -> Live {
    let source = format!("cluster:{}", connection.context());
    let read = match through {
        Some(through) => ironclad_cluster::read_through(connection, request, progress, through),
        None => ironclad_cluster::read(connection, request, progress),
    };
    let mut live = match read {
        Ok(read) => of(read, request, &source),
        Err(failure) => Live { problems: vec![problem(&source, failure, Severity::Error)], ..Live::default() },
    };
    live.problems.extend(warnings(connection, &source));
    live
}

/// What a person should know of a connection that works.
pub(crate) fn warnings(connection: &Connection, source: &str) -> Vec<ReportedProblem> {
    connection.warnings().into_iter().map(|warning| problem(source, warning, Severity::Warning)).collect()
}

pub(crate) fn of(read: Read, request: &Request, source: &str) -> Live {
    let mut problems: Vec<ReportedProblem> = read.unseen.iter().map(|unseen| refused(unseen, source)).collect();
    let mut unseen: Vec<UnseenKind> = read.unseen.iter().map(|unseen| kind_of(unseen, request)).collect();
    for group in &read.served.silent {
        problems.push(silent(group, request, source));
    }
    problems.extend(no_namespaces(&read, request, source));
    unseen.extend(secrets_unseen(request));
    let inputs = vec![Input { source: source.to_owned(), objects: read.snapshot.len() }];
    Live { minor: read.served.minor(), snapshot: read.snapshot, inputs, problems, unseen, ..Live::default() }
}

/// Namespaces that were asked for and are not there: misspelt, or deleted in the meantime. The API server lists nothing in
/// them and calls that no error. Known only to who may list Namespaces.
pub(crate) fn no_namespaces(read: &Read, request: &Request, source: &str) -> Vec<ReportedProblem> {
    let is_listed = read.listed.iter().any(|resource| resource.known_kind() == Kind::NAMESPACE);
    let is_missing = |name: &&String| match is_listed {
        true => read.snapshot.named(Kind::NAMESPACE, None, name).is_empty(),
        false => read.deleted.absent.contains(name),
    };
    let missing = request.namespaces.iter().filter(is_missing).map(|name| Failure {
        code: "cluster/no-namespace",
        message: format!("there is no namespace \"{name}\""),
        hint: Some("`kubectl get namespaces` lists them; it may have been deleted a moment ago".to_owned()),
    });
    let missing = missing.map(|failure| problem(source, failure, Severity::Error));
    missing.chain(deleted_namespaces(read, source)).collect()
}

/// Namespaces that were asked for and went away while they were read.
pub(crate) fn deleted_namespaces(read: &Read, source: &str) -> Vec<ReportedProblem> {
    let deleted = read.deleted.meanwhile.iter().map(|name| Failure {
        code: "cluster/no-namespace",
        message: format!("namespace \"{name}\" was deleted while it was read: a part of it was not seen"),
        hint: None,
    });
    deleted.map(|failure| problem(source, failure, Severity::Error)).collect()
}

/// Secrets that are wanted and not asked for.
pub(crate) fn secrets_unseen(request: &Request) -> Option<UnseenKind> {
    let reason = "Secrets are listed only with `--list-secrets`".to_owned();
    let wanted = request.without_secrets && request.wants(Kind::SECRET);
    wanted.then_some(UnseenKind { kind: Kind::SECRET, makes_pods: false, reason })
}

pub(crate) fn kind_of(unseen: &Unseen, request: &Request) -> UnseenKind {
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
