//! What was read: the snapshot, the index over it, the resources that are known.

use crate::args::Global;
use crate::args::rbac::RbacInput;
use crate::commands::{inputs, scan, settings};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use crate::progress::Line;
use ironclad_authz::resources::Table;
use ironclad_authz::{Defaults, NEWEST, OLDEST, Options, World};
use ironclad_model::{Kind, Object, ReportedProblem, Snapshot};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What a question is asked of.
pub(crate) struct Session {
    pub(crate) snapshot: Snapshot,
    pub(crate) world: World,
    pub(crate) resources: Table,
    /// Minor version of Kubernetes.
    pub(crate) version: u8,
    /// Something could not be read: whatever the answer, it is not the whole one.
    incomplete: bool,
}

/// How the index is to be built.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    /// Namespace of objects that name none.
    pub(crate) namespace: &'a str,
    /// Is a set without any Kubernetes object fine?
    pub(crate) empty: bool,
}

impl Session {
    /// Reads the paths.
    pub(crate) fn open(
        input: &RbacInput,
        paths: &[String],
        setting: Setting<'_>,
        global: &Global,
    ) -> anyhow::Result<Session> {
        let arguments: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        let version = input.kubernetes_version.as_deref().map(settings::version).transpose()?;
        let version = version.unwrap_or(settings::NEWEST);
        if !(OLDEST..=NEWEST).contains(&version) {
            output::note(&format!(
                "warning: default roles of 1.{version} are not known; those of 1.{} are used",
                version.clamp(OLDEST, NEWEST)
            ));
        }
        let mut incomplete = false;
        let mut snapshot = Snapshot::default();
        if !arguments.is_empty() {
            let request = inputs::reading(&input.reading, arguments, Vec::new(), version);
            let line = Line::start(global.quiet);
            let mut loaded = settings::in_pool(global, || ironclad_load::load(&request, line.reading()))?;
            drop(line);
            for problem in &mut loaded.problems {
                forgive(&loaded.snapshot, problem);
            }
            incomplete = scan::complain(&loaded.problems);
            snapshot = loaded.snapshot;
        }
        if snapshot.is_empty() && !incomplete && !setting.empty {
            let help = "name the folder that holds roles and bindings".to_owned();
            return Err(user_error("no Kubernetes object in the arguments", help));
        }
        let defaults = if input.assume_defaults { Defaults::All(version) } else { Defaults::Roles(version) };
        let options = Options { namespace: setting.namespace, defaults, live: false };
        let world = World::of(&snapshot, &options);
        let session = Session { resources: Table::of(version, &snapshot), snapshot, world, version, incomplete };
        session.say_what_grants_nothing(global);
        Ok(session)
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
            let rbac = [Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING];
            let others = self.snapshot.objects().filter(|object| !rbac.contains(&object.kind())).count();
            output::note(&format!("{others} objects are neither roles nor bindings"));
        }
    }

    /// The exit code of an answer.
    pub(crate) fn exit(&self, answered: Exit) -> Exit {
        if self.incomplete { Exit::Incomplete } else { answered }
    }

    /// Namespaces that the input knows, where it knows them: it holds Namespace objects.
    pub(crate) fn namespaces(&self) -> Option<BTreeSet<&str>> {
        let mut known: BTreeSet<&str> =
            self.snapshot.of_kind(Kind::NAMESPACE).iter().map(|object| object.name()).collect();
        if known.is_empty() {
            return None;
        }
        known.extend(self.snapshot.objects().filter_map(|object| object.namespace()));
        known.extend(["default", "kube-system", "kube-public", "kube-node-lease"]);
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

/// Operands that must be paths: each exists, or the user is told where names go.
pub(crate) fn paths(operands: &[String], example: &str) -> anyhow::Result<Vec<String>> {
    if operands.is_empty() {
        let help = format!("give files or folders, `-` for standard input: {example}");
        return Err(user_error("no PATH", help));
    }
    for operand in operands {
        if !is_path(operand) {
            return Err(user_error(
                format!("`{operand}` is neither a file nor a folder"),
                format!("what follows the question are PATHs; names go in `TYPE/NAME` or `--name`: {example}"),
            ));
        }
    }
    Ok(operands.to_vec())
}

/// Does it name something that can be read?
pub(crate) fn is_path(operand: &str) -> bool {
    let glob = operand.contains(['*', '?', '[']) && operand != "*";
    operand == "-" || glob || std::path::Path::new(operand).exists()
}
