//! `rbac audit --subjects`, `--pods` and `--collapse node`: the same judgement, asked for by who holds the right.
//!
//! What a node amounts to is judged as one more subject that is bound wherever one of its tokens is: rights that are spread
//! over the accounts of its pods add up there as they would in the hands of whoever breaks in.

use super::age::Ages;
use super::live::Asked;
use super::lookup::regex;
use super::risks::{self, Risk};
use super::running::{Running, running};
use super::session::{Session, Setting, from};
use super::show::{self, Sheet, Target};
use crate::args::Global;
use crate::args::cluster::Cluster;
use crate::args::rbac::{Audit, Output, RbacInput};
use crate::commands::settings;
use crate::exit::Exit;
use crate::failure::user_error;
use ironclad_authz::World;
use ironclad_model::{Kind, ObjectId, Severity, Snapshot};
use ironclad_tree::{Limits, Source, parse};
use regex::Regex;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const FORMATS: [&str; 5] = ["table", "json", "yaml", "csv", "markdown"];

/// Risky subjects.
pub(super) fn by_subject(
    arguments: &Audit,
    cluster: Cluster,
    pattern: &str,
    ages: &Ages,
    global: &Global,
) -> anyhow::Result<Exit> {
    let pattern: Regex = regex(pattern)?;
    let list = List::open(arguments, cluster, &[Kind::SERVICE_ACCOUNT], ages, global)?;
    let mut held: BTreeMap<&str, Vec<&Risk>> = BTreeMap::new();
    for risk in &list.risks {
        for subject in risk.subjects.iter().filter(|subject| pattern.is_match(subject)) {
            held.entry(subject).or_default().push(risk);
        }
    }
    let rows = held.into_iter().map(|(subject, risks)| Row { cells: vec![subject.to_owned()], risks });
    list.show(&["SUBJECT"], rows.collect(), "no subject holds a risky right", ages)
}

/// Workloads whose account is risky.
pub(super) fn by_pod(arguments: &Audit, cluster: Cluster, ages: &Ages, global: &Global) -> anyhow::Result<Exit> {
    let list = List::open(arguments, cluster, &super::graph::PODS, ages, global)?;
    let running = running(&list.session, false);
    let rows = running.iter().map(|one| {
        let token = if one.token { "mounted" } else { "not mounted" };
        Row { cells: vec![one.label(), one.subject(), token.to_owned()], risks: list.held_by(&one.subjects()) }
    });
    let rows = rows.filter(|row| !row.risks.is_empty()).collect();
    list.show(&["WORKLOAD", "ACCOUNT", "TOKEN"], rows, "no pod runs as a risky account", ages)
}

/// Nodes, each with all the tokens that lie on it.
pub(super) fn by_node(arguments: &Audit, cluster: Cluster, ages: &Ages, global: &Global) -> anyhow::Result<Exit> {
    let mut list = List::open(arguments, cluster, &[Kind::SERVICE_ACCOUNT, Kind::POD], ages, global)?;
    let mut nodes: BTreeMap<String, (usize, BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for one in running(&list.session, true).into_iter().filter(|one| one.token) {
        let Some(node) = one.node.clone() else { continue };
        let (pods, accounts, subjects) = nodes.entry(node).or_default();
        *pods += 1;
        accounts.insert(one.subject());
        subjects.extend(Running::subjects(&one));
    }
    if nodes.is_empty() {
        let help =
            "pods say it in `spec.nodeName`: `--cluster`, a snapshot, or `kubectl get pods -A -o json`".to_owned();
        return Err(user_error("no pod of the input is on a node", help));
    }
    let held: Vec<(&String, &BTreeSet<String>)> =
        nodes.iter().map(|(node, (_, _, subjects))| (node, subjects)).collect();
    let together = with_nodes(&list.session, &held);
    list.risks = list.judged(&together, arguments, ages)?;
    let rows = nodes.iter().map(|(node, (pods, accounts, _))| {
        let cells = vec![node.clone(), pods.to_string(), accounts.len().to_string()];
        Row { cells, risks: list.held_by(&[format!("User:{}", name_of(node))]) }
    });
    list.show(&["NODE", "PODS", "ACCOUNTS"], rows.collect(), "nothing", ages)
}

/// The subject that stands for a node: no name of a user, so that it is nobody's.
fn name_of(node: &str) -> String {
    format!("(all tokens on) {node}")
}

/// The snapshot with every binding made again for each node that holds a token of one of its subjects.
fn with_nodes(session: &Session, nodes: &[(&String, &BTreeSet<String>)]) -> Snapshot {
    let world: &World = &session.world;
    let mut added = Vec::new();
    for binding in world.binding_ids() {
        let named: BTreeSet<String> = world.subjects_of(binding).map(|id| world.subject_label(id)).collect();
        let Some((kind, name)) =
            world.role_ref_label(binding).split_once('/').map(|(k, n)| (k.to_owned(), n.to_owned()))
        else {
            continue;
        };
        let subjects: Vec<Value> = nodes
            .iter()
            .filter(|(_, own)| !named.is_disjoint(own))
            .map(|(node, _)| json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name_of(node)}))
            .collect();
        if subjects.is_empty() {
            continue;
        }
        let mut metadata = json!({"name": format!("(nodes) {}", world.binding_name(binding))});
        let cluster = world.binding(binding).is_cluster();
        if !cluster {
            metadata["namespace"] = json!(world.binding_namespace(binding));
        }
        added.push(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": if cluster { "ClusterRoleBinding" } else { "RoleBinding" },
            "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
            "subjects": subjects,
        }));
    }
    overlay(&session.snapshot, Vec::new(), &added)
}

/// A snapshot without some objects and with others.
pub(super) fn overlay(snapshot: &Arc<Snapshot>, removed: Vec<ObjectId>, added: &[Value]) -> Snapshot {
    let mut builder = Snapshot::overlay(snapshot, removed);
    for object in added {
        let parsed = parse(&Source::new("added", object.to_string()), &Limits::default());
        for document in parsed.documents {
            builder.add(document, ironclad_model::UnitId::default());
        }
    }
    builder.build()
}

/// A row: what it is, and what can be done with it.
struct Row<'r> {
    cells: Vec<String>,
    risks: Vec<&'r Risk>,
}

/// What was read and judged.
struct List {
    session: Session,
    risks: Vec<Risk>,
    target: Target,
    fail_on: Option<Severity>,
}

impl List {
    fn open(
        arguments: &Audit,
        cluster: Cluster,
        needed: &[Kind],
        ages: &Ages,
        global: &Global,
    ) -> anyhow::Result<List> {
        let [] = arguments.select.as_slice() else {
            let help = "`--min-severity` narrows it".to_owned();
            return Err(user_error("a list by holder has all risky rights: `--select` does not count in it", help));
        };
        let output =
            Output { format: arguments.report.format.clone(), output: arguments.report.output.first().cloned() };
        let target = show::target(&output, &FORMATS)?;
        let fail_on = arguments.report.fail_on.as_deref().map(settings::threshold).transpose()?;
        let input = RbacInput {
            reading: arguments.input.reading.clone(),
            kubernetes_version: arguments.input.kubernetes_version.clone(),
            assume_defaults: false,
            cluster,
        };
        let paths: Vec<String> = arguments.input.paths.iter().map(|path| path.display().to_string()).collect();
        let namespace = arguments.input.charts.namespace.as_deref();
        let from = from(&input, &paths, "`ironclad rbac audit --subjects . rbac/`")?;
        let asked = Asked { needed, ..Asked::default() };
        let session = Session::open(&input, &from, Setting { namespace, asked, ..Setting::default() }, global)?;
        let fail_on = fail_on.unwrap_or(Some(Severity::High));
        let mut list = List { session, risks: Vec::new(), target, fail_on };
        list.risks = list.judged(&list.session.snapshot, arguments, ages)?;
        Ok(list)
    }

    fn judged(&self, snapshot: &Snapshot, arguments: &Audit, ages: &Ages) -> anyhow::Result<Vec<Risk>> {
        let floor = arguments.min_severity.as_deref().map(settings::severity).transpose()?;
        let mut risks = risks::of(snapshot, self.session.version);
        risks.retain(|risk| {
            floor.is_none_or(|floor| risk.severity >= floor)
                && (ages.is_any() || snapshot.object(risk.object).is_some_and(|object| ages.takes(object)))
        });
        Ok(risks)
    }

    fn held_by(&self, subjects: &[String]) -> Vec<&Risk> {
        self.risks.iter().filter(|risk| subjects.iter().any(|subject| risk.subjects.contains(subject))).collect()
    }

    /// Prints the rows, the worst first. The exit code is that of an audit.
    fn show(&self, names: &[&str], mut rows: Vec<Row<'_>>, nothing: &str, ages: &Ages) -> anyhow::Result<Exit> {
        let worst = |row: &Row<'_>| row.risks.iter().map(|risk| risk.severity).max();
        rows.sort_by(|a, b| worst(b).cmp(&worst(a)).then_with(|| a.cells.cmp(&b.cells)));
        let mut columns = names.to_vec();
        columns.extend(["SEVERITY", "RIGHTS", "WORST"]);
        let mut sheet = Sheet::new(&columns);
        let mut values = Vec::new();
        for row in &rows {
            let mut cells = row.cells.clone();
            let severity = worst(row).map_or_else(|| "none".to_owned(), |severity| severity.to_string());
            cells.push(severity.clone());
            cells.push(row.risks.len().to_string());
            cells.push(row.risks.first().map(|risk| what(&risk.message)).unwrap_or_default());
            sheet.push(cells);
            let mut value = json!({
                "severity": severity,
                "rights": row.risks.iter().map(|risk| json!({
                    "check": risk.check, "severity": risk.severity.to_string(), "message": risk.message,
                })).collect::<Vec<_>>(),
            });
            for (name, cell) in names.iter().zip(&row.cells) {
                value[name.to_lowercase()] = json!(cell);
            }
            values.push(value);
        }
        self.target.show(&sheet, &Value::Array(values), nothing)?;
        ages.say_what_is_ageless();
        let fails = self.fail_on.is_some_and(|floor| rows.iter().any(|row| worst(row) >= Some(floor)));
        Ok(self.session.exit(if fails { Exit::Findings } else { Exit::Clean }))
    }
}

/// What a message says that its subject can do: `read every Secret in the whole cluster`.
fn what(message: &str) -> String {
    let tail = message.split_once(" can ").map_or(message, |(_, what)| what);
    tail.to_owned()
}
