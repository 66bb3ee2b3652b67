//! `ironclad cluster permissions`: the least role for a set of checks.

use super::{live, scan, settings};
use crate::args::Global;
use crate::args::cluster::{ClusterCommand, ClusterCommands, Permissions};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use ironclad_cluster::{Request, Resource, Rule, Want, least_role, likely_resources, with_secret_values};
use ironclad_model::Kind;
use ironclad_views::WorkloadKinds;
use std::fmt::Write as _;
use std::path::Path;

/// Answers.
pub(crate) fn run(arguments: &ClusterCommands, global: &Global) -> anyhow::Result<Exit> {
    match &arguments.command {
        ClusterCommand::Permissions(permissions) => permit(permissions, global),
    }
}

fn permit(arguments: &Permissions, global: &Global) -> anyhow::Result<Exit> {
    settings::subdomain(&arguments.name)?;
    let (config, problems) = scan::configuration(Path::new("."), global);
    let incomplete = scan::complain(&problems);
    let mut enabled = scan::enabled(&arguments.select, Some(&config))?;
    enabled.retain(|enabled| enabled.check.meta.applies.to(true));
    let workloads: WorkloadKinds = config.workload_kinds();
    let request = Request {
        wanted: if arguments.snapshot { live::every_kind() } else { live::wanted(&enabled) },
        workloads: workloads.custom,
        without_secrets: !(arguments.list_secrets || arguments.read_secret_values),
        ..Request::default()
    };
    let resources: Vec<Resource> = if arguments.cluster.is_asked() {
        let served = live::connect(&arguments.cluster, &arguments.acting).and_then(|connection| connection.discover());
        let served = served.map_err(|failure| user_error(failure.message, failure.hint))?;
        request.resources(&served)
    } else if request.wanted.contains(&Want::Kind(Kind::ANY)) {
        let every: Vec<&str> =
            enabled.iter().map(|e| e.check.meta).filter(|m| m.reads == [Kind::ANY]).map(|meta| meta.id).collect();
        let message = format!("{} look at every kind that the cluster has", every.join(", "));
        return Err(user_error(message, "ask the cluster with `--cluster`, or leave them out".to_owned()));
    } else {
        likely_resources(&request)
    };
    let mut rules = least_role(&resources, arguments.watch);
    if arguments.read_secret_values {
        with_secret_values(&mut rules);
    }
    let metrics = arguments.snapshot || live::asks_metrics(&enabled);
    output::print_raw(role(&arguments.name, &rules, metrics).as_bytes())?;
    Ok(if incomplete { Exit::Incomplete } else { Exit::Clean })
}

/// A role as YAML.
fn role(name: &str, rules: &[Rule], metrics: bool) -> String {
    let mut out = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {name}\nrules:{}\n",
        if rules.is_empty() && !metrics { " []" } else { "" }
    );
    for rule in rules {
        let _ = writeln!(out, "- apiGroups: [\"{}\"]\n  resources:", rule.group);
        for resource in &rule.resources {
            let _ = writeln!(out, "  - {resource}");
        }
        let _ = writeln!(out, "  verbs: [{}]", rule.verbs.join(", "));
    }
    if metrics {
        out.push_str("- nonResourceURLs: [/metrics]\n  verbs: [get]\n");
    }
    out
}
