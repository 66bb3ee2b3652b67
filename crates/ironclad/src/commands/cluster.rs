//! `ironclad cluster permissions`: the least role for a set of checks.

use super::{live, rbac, scan, settings};
use crate::args::Global;
use crate::args::cluster::{ClusterCommand, ClusterCommands, Permissions};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use ironclad_cluster::{Request, Resource, Rule, Want, least_role, likely_resources, with_secret_values};
use ironclad_model::Kind;
use ironclad_views::WorkloadKinds;
use std::collections::BTreeSet;
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
    let select = if arguments.rbac.is_some() { rbac::audited() } else { arguments.select.clone() };
    let mut enabled = scan::enabled(&select, Some(&config))?;
    enabled.retain(|enabled| enabled.check.meta.applies.to(true));
    let is_audit = arguments.rbac.as_deref().is_none_or(|question| question == "audit");
    let mut wanted = match arguments.snapshot {
        true if arguments.all_kinds => BTreeSet::from([Want::Kind(Kind::ANY)]),
        true => live::every_kind(),
        false if is_audit => live::wanted(&enabled),
        false => BTreeSet::new(),
    };
    // What only a flag of a question needs.
    let of_question = arguments.rbac.as_deref().map(rbac::wanted).unwrap_or_default();
    let before = Request { wanted: wanted.clone(), ..Request::default() };
    let is_new = |want: &Want| !matches!(want, Want::Kind(kind) if before.wants(*kind));
    let of_flags: Vec<(Want, &str)> = of_question
        .iter()
        .filter_map(|(want, flag)| Some((want.clone(), (*flag)?)))
        .filter(|(want, _)| is_new(want))
        .collect();
    wanted.extend(of_question.into_iter().map(|(want, _)| want));
    let workloads: WorkloadKinds = config.workload_kinds();
    let request = Request {
        wanted,
        workloads: if is_audit { workloads.custom } else { Vec::new() },
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
        let message = match arguments.all_kinds {
            true => "which kinds there are only the cluster knows".to_owned(),
            false => format!("{} look at every kind that the cluster has", every.join(", ")),
        };
        return Err(user_error(message, "ask the cluster with `--cluster`, or leave them out".to_owned()));
    } else {
        likely_resources(&request)
    };
    let mut rules = least_role(&resources, arguments.watch);
    if arguments.read_secret_values {
        with_secret_values(&mut rules);
    }
    let metrics = arguments.snapshot || is_audit && live::asks_metrics(&enabled);
    let flag_of = |group: &str, resource: &str| {
        let resource = resources.iter().find(|known| known.group == group && known.plural == resource)?;
        let is = |want: &Want| match want {
            Want::Kind(kind) => *kind == resource.known_kind(),
            Want::Named(group, kind) => *group == resource.group && *kind == resource.kind,
        };
        of_flags.iter().find(|(want, _)| is(want)).map(|(_, flag)| *flag)
    };
    output::print_raw(role(&arguments.name, &rules, metrics, &flag_of).as_bytes())?;
    Ok(if incomplete { Exit::Incomplete } else { Exit::Clean })
}

/// A role as YAML. `flag_of` says which flag a resource is for, where only one needs it.
fn role<'f>(name: &str, rules: &[Rule], metrics: bool, flag_of: &dyn Fn(&str, &str) -> Option<&'f str>) -> String {
    let mut out = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {name}\nrules:{}\n",
        if rules.is_empty() && !metrics { " []" } else { "" }
    );
    for rule in rules {
        let _ = writeln!(out, "- apiGroups: [\"{}\"]\n  resources:", rule.group);
        for resource in &rule.resources {
            let flag = flag_of(&rule.group, resource).map(|flag| format!(" # for {flag}")).unwrap_or_default();
            let _ = writeln!(out, "  - {resource}{flag}");
        }
        let _ = writeln!(out, "  verbs: [{}]", rule.verbs.join(", "));
    }
    if metrics {
        out.push_str("- nonResourceURLs: [/metrics]\n  verbs: [get]\n");
    }
    out
}
