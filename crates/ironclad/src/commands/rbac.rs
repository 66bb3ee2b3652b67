//! `ironclad rbac …`: who may do what, and why. One file a subcommand; what they share is in `session` (what was read),
//! `question` (what is asked), `proof` and `show` (what is printed).

mod age;
mod audit;
mod audit_lists;
mod batch;
mod can_i;
mod decide;
mod diff;
mod escalated;
mod generate;
mod google;
mod graph;
mod graph_html;
mod graph_model;
mod least_privilege;
mod live;
mod lookup;
mod matrix;
mod matrix_show;
mod policies;
mod proof;
mod question;
mod risks;
mod rules;
mod running;
mod session;
mod show;
mod who_can;
mod whoami;
mod why;

use crate::args::Global;
use crate::args::Select;
use crate::args::rbac::{GenerateCommand, Rbac, RbacCommand};
use crate::exit::Exit;
use ironclad_cluster::Want;
use ironclad_model::Kind;

/// Answers one question.
pub(crate) fn run(arguments: &Rbac, global: &Global) -> anyhow::Result<Exit> {
    match &arguments.command {
        RbacCommand::Lookup(lookup) => lookup::run(lookup, global),
        RbacCommand::WhoCan(who_can) => who_can::run(who_can, global),
        RbacCommand::CanI(can_i) => can_i::run(can_i, global),
        RbacCommand::Matrix(matrix) => matrix::run(matrix, global),
        RbacCommand::Why(why) => why::run(why, global),
        RbacCommand::Rules(rules) => rules::run(rules, global),
        RbacCommand::Whoami(whoami) => whoami::run(whoami, global),
        RbacCommand::Diff(diff) => diff::run(diff, global),
        RbacCommand::Audit(audit) => audit::run(audit, global),
        RbacCommand::Graph(graph) => graph::run(graph, global),
        RbacCommand::Generate(generate) => match &generate.command {
            GenerateCommand::Role(role) => generate::run(role, global),
        },
        RbacCommand::LeastPrivilege(least) => least_privilege::run(least, global),
        RbacCommand::Audit2rbac(least) => least_privilege::run_as_audit2rbac(least, global),
    }
}

/// Kinds that a question about rights looks at in a cluster, beyond roles and bindings, with the flags that ask for them:
/// those of [`live::Asked`]. Names of namespaces only help, and are not needed.
pub(crate) fn wanted(question: &str) -> Vec<(Want, Option<&'static str>)> {
    let mut wanted: Vec<(Want, Option<&'static str>)> =
        session::RBAC.iter().map(|kind| (Want::Kind(*kind), None)).collect();
    let mut add = |kinds: &[Kind], flag| wanted.extend(kinds.iter().map(|kind| (Want::Kind(*kind), Some(flag))));
    match question {
        "who-can" => {
            add(&[Kind::SERVICE_ACCOUNT], "--through-groups");
            add(&[Kind::POD], "--escalated");
        }
        "graph" => add(&graph::PODS, "--pods"),
        "audit" => {
            add(&[Kind::SERVICE_ACCOUNT], "--subjects");
            add(&graph::PODS, "--pods");
        }
        "can-i" | "why" | "rules" => {
            let flag = if question == "can-i" { "--requests, --as system:node:NAME" } else { "--as system:node:NAME" };
            wanted.extend(live::of_nodes().map(|want| (want, Some(flag))));
        }
        _ => {}
    }
    wanted
}

/// The checks that `ironclad rbac audit` runs where nobody selects any.
pub(crate) fn audited() -> Select {
    audit::selected(&[])
}
