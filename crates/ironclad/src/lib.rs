//! The program: arguments → plan → calls → exit code. The only crate that knows all the others.
//!
//! [`args`] is what the user typed, as clap reads it; each file of [`commands`] turns its part of it into values, calls
//! the libraries, and returns an [`Exit`](exit::Exit). Nothing below this crate sees a flag, prints, or ends the process.

pub mod args;
mod catalogue;
mod commands;
pub mod exit;
mod failure;
mod markdown;
mod output;
mod progress;
mod replace;

pub use catalogue::catalogue;

use args::{Arguments, Command};
use clap::{CommandFactory, FromArgMatches};
use exit::Exit;
use std::process::ExitCode;

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    failure::install_panic_hook();
    let mut command = args::name_of(std::env::args_os().next(), Arguments::command());
    let (typed, taken) = args::foreign::translate(std::env::args_os().collect());
    let matches = match command.try_get_matches_from_mut(typed) {
        Ok(matches) => matches,
        Err(error) => return failure::usage(&error).into(),
    };
    let mut arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => return failure::usage(&error).into(),
    };
    if let Command::Scan(scan) = &mut arguments.command {
        scan.as_fix = args::again::as_fix(&matches, &command);
    }
    output::set_colour(arguments.global.color);
    if !arguments.global.quiet {
        taken.iter().for_each(|words| output::note(&format!("note: {words}")));
    }
    match std::panic::catch_unwind(|| run(&arguments)) {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(error)) => failure::report(&error).into(),
        Err(_) => Exit::Panicked.into(),
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Scan(scan) => commands::scan::run(scan, global),
        Command::Fix(fix) => commands::fix::run(fix, global),
        Command::Explain(explain) => commands::explain::run(explain, global),
        Command::Checks(checks) => commands::checks::run(checks, global),
        Command::Render(render) => commands::render::run(render, global),
        Command::Snapshot(snapshot) => commands::snapshot::run(snapshot, global),
        Command::Diff(diff) => commands::diff::run(diff, global),
        Command::Cluster(cluster) => commands::cluster::run(cluster, global),
        Command::Rbac(rbac) => commands::rbac::run(rbac, global),
        Command::Config(config) => commands::config::run(config, global),
        Command::Lsp(lsp) => commands::lsp::run(lsp, global),
        Command::Completions(completions) => commands::completions::run(completions),
    }
}
