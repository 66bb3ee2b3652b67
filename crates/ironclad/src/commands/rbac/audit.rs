//! `ironclad rbac audit`: the rbac checks as a report of their own.

use crate::args::rbac::Audit;
use crate::args::{Compare, Global, Scan, Select};
use crate::commands::scan;
use crate::exit::Exit;

/// Checks that are a matter of taste: they run where they are asked for.
const OF_TASTE: &str = "rbac/user-subject";

/// Judges.
pub(crate) fn run(arguments: &Audit, global: &Global) -> anyhow::Result<Exit> {
    let mut select = arguments.select.clone();
    let mut ignore = arguments.ignore.clone();
    if select.is_empty() {
        select.push("rbac/".to_owned());
        ignore.push(OF_TASTE.to_owned());
    }
    let select = Select {
        select,
        ignore,
        min_severity: arguments.min_severity.clone(),
        complete: arguments.complete,
        assume_namespace: arguments.assume_namespace.clone(),
        ..Select::default()
    };
    let scan = Scan {
        input: arguments.input.clone(),
        cluster: arguments.cluster.clone(),
        extent: arguments.extent.clone(),
        select,
        compare: Compare { baseline: None, diff_base: None },
        write_baseline: None,
        report: arguments.report.clone(),
    };
    scan::run(&scan, global)
}
