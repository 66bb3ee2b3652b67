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
use crate::args::rbac::{GenerateCommand, Rbac, RbacCommand};
use crate::exit::Exit;

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
