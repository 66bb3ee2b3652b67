//! `ironclad completions SHELL`

use crate::args::{Arguments, Completions};
use crate::exit::Exit;
use crate::{catalogue, output};
use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory};

/// Arguments that take check ids.
const TAKES_CHECKS: &[&str] = &["check", "select", "ignore"];

/// Prints the completion script.
pub(crate) fn run(arguments: &Completions) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    let mut command = complete_checks(Arguments::command());
    clap_complete::generate(arguments.shell, &mut command, "ironclad", &mut script);
    output::print_raw(&script)?;
    Ok(Exit::Clean)
}

/// Names the checks where ids are asked for. Only scripts see this: at run time prefixes, tags and peers' names are
/// welcome too.
fn complete_checks(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    let takes: Vec<String> = command
        .get_arguments()
        .map(|argument| argument.get_id().to_string())
        .filter(|id| TAKES_CHECKS.contains(&id.as_str()))
        .collect();
    let command = takes.into_iter().fold(command, |command, id| {
        let ids = catalogue().checks().iter().map(|check| check.meta.id).collect::<Vec<_>>();
        command.mut_arg(id, |argument| argument.value_parser(PossibleValuesParser::new(ids)))
    });
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, complete_checks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_completes_check_ids() {
        use clap_complete::Shell;
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut complete_checks(Arguments::command()), "ironclad", &mut script);
            let script = String::from_utf8_lossy(&script);
            // PowerShell's and elvish's generators know no values.
            let values = !matches!(shell, Shell::PowerShell | Shell::Elvish);
            assert_eq!(script.contains("workload/privileged"), values, "{shell}");
            assert!(script.contains("fail-on"), "{shell}");
        }
    }
}
