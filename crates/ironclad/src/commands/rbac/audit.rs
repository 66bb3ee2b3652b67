//! `ironclad rbac audit`: the rbac checks as a report of their own; or what they say by subject, by pod, by node.

use super::age::Ages;
use super::audit_lists;
use crate::args::rbac::Audit;
use crate::args::{self, Compare, Global, Scan, Select};
use crate::commands::scan;
use crate::exit::Exit;
use crate::failure::user_error;

/// Checks that are a matter of taste: they run where they are asked for.
const OF_TASTE: &str = "rbac/user-subject";

/// Judges.
pub(crate) fn run(arguments: &Audit, global: &Global) -> anyhow::Result<Exit> {
    let ages = Ages::of(arguments.newer_than.as_deref(), arguments.older_than.as_deref())?;
    let mut cluster = arguments.cluster.clone();
    // As the other questions: where kubectl runs us and nothing is named, the current context is meant.
    cluster.cluster |= arguments.input.paths.is_empty() && args::is_plugin(std::env::args_os().next());
    match arguments.collapse.as_deref() {
        None => {}
        Some("node") => return audit_lists::by_node(arguments, cluster, &ages, global),
        Some(other) => {
            return Err(user_error(format!("`{other}` is nothing that audits collapse into"), "node".to_owned()));
        }
    }
    if arguments.pods {
        return audit_lists::by_pod(arguments, cluster, &ages, global);
    }
    if let Some(pattern) = &arguments.subjects {
        return audit_lists::by_subject(arguments, cluster, pattern, &ages, global);
    }
    let Select { select, ignore, .. } = selected(&arguments.select);
    let select = Select {
        select,
        ignore: [ignore, arguments.ignore.clone()].concat(),
        min_severity: arguments.min_severity.clone(),
        complete: arguments.complete,
        assume_namespace: arguments.assume_namespace.clone(),
        ..Select::default()
    };
    let scan = Scan {
        input: arguments.input.clone(),
        cluster,
        extent: arguments.extent.clone(),
        watch: false,
        select,
        compare: Compare { baseline: None, diff_base: None },
        write_baseline: None,
        report: arguments.report.clone(),
        as_fix: None,
    };
    if ages.is_any() {
        return scan::run(&scan, global);
    }
    let exit = scan::run_on(&scan, global, &|finding, snapshot| {
        snapshot.object(finding.object).is_some_and(|object| ages.takes(object))
    });
    ages.say_what_is_ageless();
    exit
}

/// The checks that run where these are selected.
pub(super) fn selected(select: &[String]) -> Select {
    match select {
        [] => Select { select: vec!["rbac/".to_owned()], ignore: vec![OF_TASTE.to_owned()], ..Select::default() },
        some => Select { select: some.to_vec(), ..Select::default() },
    }
}
