//! What was asked of one command, asked of another: the command line of `ironclad fix` for what a scan looked at.
//!
//! Invariant: everything on the scan's command line that `ironclad fix` knows too is on the new one. The rest is about
//! what a report looks like.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

/// Flags of every command that decide what is found; the others are about how it is told.
const DECIDING: [&str; 3] = ["config", "no_config", "policy_config"];

/// The `ironclad fix` that looks at what this `ironclad scan` looked at, as a shell reads it; none for other commands.
pub fn as_fix(matches: &ArgMatches, command: &Command) -> Option<String> {
    let Some(("scan", scan)) = matches.subcommand() else { return None };
    let fix = command.find_subcommand("fix")?;
    let globals = command.get_arguments().filter(|arg| DECIDING.contains(&arg.get_id().as_str()));
    let own = fix.get_arguments().filter(|arg| !arg.is_global_set());
    let mut asked: Vec<(usize, String)> = Vec::new();
    for arg in own.chain(globals) {
        let id = arg.get_id().as_str();
        if scan.try_contains_id(id).is_ok() && scan.value_source(id) == Some(ValueSource::CommandLine) {
            let first = scan.indices_of(id).and_then(|mut indices| indices.next()).unwrap_or_default();
            asked.push((first, typed(arg, scan)));
        }
    }
    asked.sort();
    let program = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut line = format!("{program} fix");
    for (_, text) in asked {
        line.push(' ');
        line.push_str(&text);
    }
    Some(line)
}

/// An argument with what was given to it.
fn typed(arg: &Arg, matches: &ArgMatches) -> String {
    let Some(long) = arg.get_long() else {
        let values = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
        return values.map(|value| quoted(&value.to_string_lossy())).collect::<Vec<_>>().join(" ");
    };
    if !arg.get_action().takes_values() {
        return format!("--{long}");
    }
    let occurrences = matches.get_raw_occurrences(arg.get_id().as_str()).into_iter().flatten();
    let one = |values: Vec<String>| {
        let value = values.join(",");
        // Else it would be read as another flag.
        let between = if value.starts_with('-') { '=' } else { ' ' };
        format!("--{long}{between}{}", quoted(&value))
    };
    let texts = occurrences.map(|values| one(values.map(|value| value.to_string_lossy().into_owned()).collect()));
    texts.collect::<Vec<_>>().join(" ")
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arguments;
    use clap::CommandFactory;

    fn of(words: &[&str]) -> Option<String> {
        let mut command = Arguments::command();
        command.build();
        let matches = command.clone().try_get_matches_from(words).unwrap();
        as_fix(&matches, &command)
    }

    #[test]
    fn what_decides_what_is_found_is_asked_again() {
        for (asked, again) in [
            ("ironclad scan", "ironclad fix"),
            ("ironclad scan deploy base/web.yaml", "ironclad fix deploy base/web.yaml"),
            ("ironclad -v --color always scan . --format json -o a.sarif --show-waived", "ironclad fix ."),
            ("ironclad --config x.yaml scan .", "ironclad fix . --config x.yaml"),
            (
                "ironclad scan . --no-config --fail-on low --allow-empty",
                "ironclad fix . --no-config --fail-on low --allow-empty",
            ),
            (
                "ironclad scan . --select workload/,image/ --ignore a --ignore b -f v.yaml --set a.b=1 -n shop -L",
                "ironclad fix . --select workload/,image/ --ignore a --ignore b --values v.yaml --set a.b=1 --namespace shop --follow",
            ),
            (
                "ironclad scan . --kube-version 1.30 --diff-base main",
                "ironclad fix . --kubernetes-version 1.30 --diff-base main",
            ),
        ] {
            let words: Vec<&str> = asked.split(' ').collect();
            assert_eq!(of(&words).as_deref(), Some(again), "{asked}");
        }
        assert_eq!(of(&["ironclad", "checks"]), None);
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        let asked = ["ironclad", "scan", "my charts", "it's.yaml", "--set=a=b c", "--set-string=-x=$HOME"];
        let again = r"ironclad fix 'my charts' 'it'\''s.yaml' --set 'a=b c' --set-string='-x=$HOME'";
        assert_eq!(of(&asked).as_deref(), Some(again));
    }
}
