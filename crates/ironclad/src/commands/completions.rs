//! `ironclad completions SHELL`

use crate::args::{Arguments, Completions};
use crate::exit::Exit;
use crate::output;
use clap::CommandFactory;

/// Prints the completion script.
pub(crate) fn run(arguments: &Completions) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "ironclad", &mut script);
    output::print_raw(&script)?;
    Ok(Exit::Clean)
}
