//! What was read: the snapshot, the index over it, the resources that are known.

use super::live::{self, Asked, Live};
use super::policies::{ALWAYS, Policies};
use crate::args::rbac::{RbacInput, Scope};
use crate::args::{self, Global};
use crate::commands::{inputs, scan, settings};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use crate::progress::Line;
use ironclad_authz::resources::Table;
use ironclad_authz::{Defaults, NEWEST, OLDEST, Options, User, World};
use ironclad_cluster::Connection;
use ironclad_model::{Kind, Object, ReportedProblem, Snapshot};
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Roles and bindings: what every answer hangs on.
pub(crate) const RBAC: [Kind; 4] = [Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING];

/// What a question is asked of.
pub(crate) struct Session {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) world: World,
    pub(crate) resources: Table,
    /// Minor version of Kubernetes.
    pub(crate) version: u8,
    /// The namespace that is meant where none is named.
    pub(crate) namespace: String,
    /// Nothing but a cluster's own objects: its default bindings are among them, and it has a Node authorizer.
    pub(crate) live: bool,
    /// Access policies of EKS; none where the question is about roles and bindings alone.
    pub(crate) policies: Policies,
    defaults: Defaults,
    /// Why the answer may not be the whole one: what could not be read, or was not shown.
    unseen: Vec<String>,
    connection: Option<Connection>,
    others: OnceCell<Option<String>>,
}

/// Where roles and bindings come from.
pub(crate) enum From {
    /// Files and folders; none is fine where the question can do without.
    Paths(Vec<String>),
    /// The cluster of the flags.
    Cluster,
}

/// How the index is to be built.
#[derive(Clone, Copy, Default)]
pub(crate) struct Setting<'a> {
    /// The namespace that was named.
    pub(crate) namespace: Option<&'a str>,
    /// Is a set without any Kubernetes object fine?
    pub(crate) empty: bool,
    /// What a cluster is asked for beside roles and bindings.
    pub(crate) asked: Asked<'a>,
    /// Do rights count that no role and no binding gives?
    pub(crate) policies: bool,
    /// Another namespace that the question names.
    pub(crate) other: Option<&'a str>,
}

impl<'a> Setting<'a> {
    /// For a question about one namespace, `default` or the context's where none is named.
    pub(crate) fn of(scope: &'a Scope) -> Setting<'a> {
        let asked = Asked { narrow: !scope.all_namespaces, ..Asked::default() };
        Setting { namespace: scope.namespace.as_deref(), asked, policies: true, ..Setting::default() }
    }

    /// The same where a user asks: of a node's pods its rights follow.
    pub(crate) fn of_user(scope: &'a Scope, user: Option<&User>) -> Setting<'a> {
        let mut setting = Setting::of(scope);
        setting.asked.nodes = user.is_some_and(|user| user.name.starts_with("system:node:"));
        setting
    }
}

impl Session {
    /// Reads files, or a cluster.
    pub(crate) fn open(
        input: &RbacInput,
        from: &From,
        setting: Setting<'_>,
        global: &Global,
    ) -> anyhow::Result<Session> {
        let asked = input.kubernetes_version.as_deref().map(settings::version).transpose()?;
        if let Some(namespace) = setting.namespace {
            settings::namespace(namespace)?;
        }
        match from {
            From::Paths(paths) => Session::read_files(input, paths, setting, asked, global),
            From::Cluster => Session::read_cluster(input, setting, asked, global),
        }
    }

    fn read_files(
        input: &RbacInput,
        paths: &[String],
        setting: Setting<'_>,
        version: Option<u8>,
        global: &Global,
    ) -> anyhow::Result<Session> {
        let arguments: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        let (mut unseen, mut sees_roles) = (Vec::new(), true);
        let mut snapshot = Snapshot::default();
        let mut live = None;
        if !arguments.is_empty() {
            let request = inputs::reading(&input.reading, arguments, Vec::new(), version.unwrap_or(settings::NEWEST));
            let line = Line::start(global.quiet);
            let mut loaded = settings::in_pool(global, || ironclad_load::load(&request, line.reading()))?;
            drop(line);
            for problem in &mut loaded.problems {
                forgive(&loaded.snapshot, problem);
            }
            live = loaded.live.take();
            // A snapshot says of kinds that the question does not hang on, too, that it could not see them.
            let matters = |kind: &Kind| RBAC.contains(kind) || setting.asked.needed.contains(kind);
            loaded.problems.retain(|problem| problem.problem.code != "cluster/not-observed");
            for missing in live.iter().flat_map(|live| &live.unseen).filter(|unseen| matters(&unseen.kind)) {
                output::note(&format!("error[cluster/not-observed]: {}", missing.reason));
                sees_roles &= missing.kind != Kind::CLUSTER_ROLE;
                unseen.push(missing.reason.clone());
            }
            if scan::complain(&loaded.problems) && unseen.is_empty() {
                unseen.push("not everything could be read".to_owned());
            }
            snapshot = loaded.snapshot;
        }
        if snapshot.is_empty() && unseen.is_empty() && !setting.empty {
            let help = "name the folder that holds roles and bindings".to_owned();
            return Err(user_error("no Kubernetes object in the arguments", help));
        }
        let version = version.or(live.as_ref().and_then(|live| live.minor)).unwrap_or(settings::NEWEST);
        let alone = live.as_ref().is_some_and(|live| live.alone);
        let session = Session {
            resources: Table::of(version, &snapshot),
            namespace: setting.namespace.unwrap_or("default").to_owned(),
            snapshot: Arc::new(snapshot),
            world: World::of(&Snapshot::default(), &Options::default()),
            policies: Policies::default(),
            defaults: Defaults::None,
            version,
            live: alone,
            unseen,
            connection: None,
            others: OnceCell::new(),
        };
        Ok(session.indexed(input, alone && sees_roles, setting, global))
    }

    fn read_cluster(
        input: &RbacInput,
        setting: Setting<'_>,
        version: Option<u8>,
        global: &Global,
    ) -> anyhow::Result<Session> {
        let line = Line::start(global.quiet);
        let read = live::read(&input.cluster, setting.namespace, setting.asked, &line);
        drop(line);
        let Live { connection, read, problems, unseen } = match read {
            Ok(live) => live,
            Err((source, failure)) => {
                let message = format!("{source}: {}", failure.message);
                return Err(user_error(message, failure.hint));
            }
        };
        scan::complain(&problems);
        let sees_roles = !unseen.iter().any(|(kind, _)| *kind == Kind::CLUSTER_ROLE);
        let session = Session {
            resources: live::table(&read.served.entries),
            namespace: setting.namespace.unwrap_or(connection.namespace()).to_owned(),
            version: version.or(read.served.minor()).unwrap_or(settings::NEWEST),
            snapshot: Arc::new(read.snapshot),
            world: World::of(&Snapshot::default(), &Options::default()),
            policies: Policies::default(),
            defaults: Defaults::None,
            live: true,
            unseen: unseen.into_iter().map(|(_, reason)| reason).collect(),
            connection: Some(connection),
            others: OnceCell::new(),
        };
        Ok(session.indexed(input, sees_roles, setting, global))
    }

    /// Builds the index. `whole`: the default roles are among the objects, as a cluster has them.
    fn indexed(mut self, input: &RbacInput, whole: bool, setting: Setting<'_>, global: &Global) -> Session {
        if !(OLDEST..=NEWEST).contains(&self.version) && !whole {
            output::note(&format!(
                "warning: default roles of 1.{} are not known; those of 1.{} are used",
                self.version,
                self.version.clamp(OLDEST, NEWEST)
            ));
        }
        let defaults = match (input.assume_defaults, whole) {
            (true, _) => Defaults::All(self.version),
            (false, true) => Defaults::None,
            (false, false) => Defaults::Roles(self.version),
        };
        self.defaults = defaults;
        if setting.policies {
            let named = std::iter::once(self.namespace.as_str()).chain(setting.other);
            self.policies = Policies::of(&self.snapshot, named);
        }
        let options = Options { namespace: &self.namespace, defaults, live: self.live };
        self.world = World::with(&self.snapshot, &options, &self.policies.rights());
        self.say_what_grants_nothing(global);
        self.policies.say_what_is_not_counted(global);
        self
    }

    /// The index of roles and bindings alone, where [`Session::world`] holds more. Numbers of the one hold in the other.
    pub(crate) fn of_rbac_alone(&self) -> Option<World> {
        let options = Options { namespace: &self.namespace, defaults: self.defaults, live: self.live };
        self.policies.are_known().then(|| World::of(&self.snapshot, &options))
    }

    /// Why a "no" may be none: what could not be read, or was not shown.
    pub(crate) fn doubt(&self) -> Option<String> {
        (!self.unseen.is_empty()).then(|| self.unseen.join("; "))
    }

    /// Who else decides, as far as the cluster says: a "no" of roles and bindings is then none.
    pub(crate) fn others(&self) -> Option<&str> {
        let ask = || {
            // The review is allowed to whoever logged in; where it is not, nothing can be said of others.
            let said = self.connection.as_ref()?.other_authorizers().ok().flatten()?;
            let error = if said.is_empty() { String::new() } else { format!(" ({said})") };
            Some(format!("the cluster has another authorizer than RBAC, whose answer is its own{error}"))
        };
        self.others.get_or_init(ask).as_deref()
    }

    /// The cluster, where one is asked.
    pub(crate) fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// What could not be seen, for programs.
    pub(crate) fn unseen(&self) -> &[String] {
        &self.unseen
    }

    /// Who asks: whom the flags name, or whom the cluster takes us for.
    pub(crate) fn me(&self, named: Option<User>) -> anyhow::Result<User> {
        match (named, &self.connection) {
            (Some(user), _) => Ok(user),
            (None, Some(connection)) => {
                let me = connection.whoami().map_err(|failure| user_error(failure.message, failure.hint))?;
                Ok(User { name: me.user, groups: me.groups })
            }
            (None, None) => {
                Err(user_error("nobody is named", "--as USER or --sa NAMESPACE:NAME says who asks".to_owned()))
            }
        }
    }

    /// Warnings about objects that are not what their author thinks.
    fn say_what_grants_nothing(&self, global: &Global) {
        if global.quiet {
            return;
        }
        for invalid in self.world.invalid() {
            let Some(object) = self.snapshot.object(invalid.object) else { continue };
            let at = object.document().source().position(invalid.place.span(object.document()).start);
            output::note(&format!(
                "warning: {}:{}:{}: {}: {}; the API server refuses it, and it grants nothing here",
                object.source_name(),
                at.line,
                at.column,
                object.identity(),
                invalid.message
            ));
        }
        for duplicate in self.world.duplicates() {
            if let (Some(lost), Some(kept)) =
                (self.snapshot.object(duplicate.lost), self.snapshot.object(duplicate.kept))
            {
                output::note(&format!(
                    "warning: {} is in {} and in {}: the last one counts",
                    kept.identity(),
                    lost.source_name(),
                    kept.source_name()
                ));
            }
        }
        if global.verbose > 0 {
            let others = self.snapshot.objects().filter(|object| !RBAC.contains(&object.kind())).count();
            output::note(&format!("{others} objects are neither roles nor bindings"));
        }
    }

    /// The exit code of an answer.
    pub(crate) fn exit(&self, answered: Exit) -> Exit {
        if self.unseen.is_empty() { answered } else { Exit::Incomplete }
    }

    /// Namespaces that the input knows, where it knows them: it holds Namespace objects.
    pub(crate) fn namespaces(&self) -> Option<BTreeSet<&str>> {
        let mut known: BTreeSet<&str> =
            self.snapshot.of_kind(Kind::NAMESPACE).iter().map(|object| object.name()).collect();
        if known.is_empty() {
            return None;
        }
        known.extend(self.snapshot.objects().filter_map(|object| object.namespace()));
        known.extend(ALWAYS);
        Some(known)
    }
}

/// A rule that holds `y` or `1.10` without quotes, which kubectl reads as no text: the API server refuses it, and the
/// index reads it as it is written. The answer counts what was meant, so that it is whole; a warning says so.
fn forgive(snapshot: &Snapshot, problem: &mut ReportedProblem) {
    if problem.problem.code != "input/type" {
        return;
    }
    let span = problem.problem.span;
    let holds = |object: &&Object| {
        let rules = object.root().get_str("rules").map(|entry| entry.value().span());
        object.source_name() == problem.source && rules.is_some_and(|r| r.start <= span.start && span.end <= r.end)
    };
    let roles = [Kind::ROLE, Kind::CLUSTER_ROLE].into_iter().flat_map(|kind| snapshot.of_kind(kind));
    if problem.problem.message.starts_with("an item of ") && roles.into_iter().any(|object| holds(&object)) {
        problem.problem.severity = ironclad_tree::Severity::Warning;
        problem.problem.hint =
            Some("the API server refuses it; it is taken as it is written: put it in quotes".to_owned());
    }
}

/// Where roles and bindings come from: the operands, each of which must exist; the cluster that the flags name; the
/// current context where kubectl runs us and nothing is named.
pub(crate) fn from(input: &RbacInput, operands: &[String], example: &str) -> anyhow::Result<From> {
    if input.cluster.is_asked() {
        return match operands.first() {
            None => Ok(From::Cluster),
            Some(operand) if is_path(operand) => Err(user_error(
                format!("both a cluster and `{operand}` are asked"),
                "leave out the PATH, or the flags of the cluster".to_owned(),
            )),
            Some(operand) => Err(no_path(operand, example)),
        };
    }
    if operands.is_empty() {
        if args::is_plugin(std::env::args_os().next()) {
            return Ok(From::Cluster);
        }
        let help = format!(
            "give files or folders, `-` for standard input, as in {example}; or `--cluster` for the current context"
        );
        return Err(user_error("no PATH", help));
    }
    match operands.iter().find(|operand| !is_path(operand)) {
        Some(operand) => Err(no_path(operand, example)),
        None => Ok(From::Paths(operands.to_vec())),
    }
}

fn no_path(operand: &str, example: &str) -> anyhow::Error {
    user_error(
        format!("`{operand}` is neither a file nor a folder"),
        format!("what follows the question are PATHs; names go in `TYPE/NAME` or `--name`: {example}"),
    )
}

/// Does it name something that can be read?
pub(crate) fn is_path(operand: &str) -> bool {
    let glob = operand.contains(['*', '?', '[']) && operand != "*";
    operand == "-" || glob || std::path::Path::new(operand).exists()
}
