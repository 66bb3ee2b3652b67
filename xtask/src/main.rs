//! Work on the repository itself: `cargo xtask <task>`.

mod bench;
mod control_plane;
mod docs;
mod fuzz;
mod licences;
mod oracle;
mod rbac_tables;
mod schemas;
mod smoke;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <task>

  test [--full] [ARGS…]  build what the tests need, run every test, say what was skipped and why
  docs [--check]         write docs/reference, schemas and man pages; --check says what is out of date
  licences               licences and sources of all dependencies against deny.toml
  smoke BINARY           run the built program as a user would
  bench [NAME]           whole-program figures beside the peers' on the same files
  bench cluster [live|snapshot] [OBJECTS]
                         a generated cluster in a real API server beside kubectl, and a snapshot of ten times as many objects
  fuzz [TARGET] [SECS]   fuzz a parser (needs nightly and cargo-fuzz)
  control-plane TASK     build, start and stop a real API server and etcd on loopback
  oracle                 build the oracle and print its path
  rbac-tables            default roles and resources of each release, from its published module (needs Go)
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let result = match task.as_str() {
        "test" => test::run(&rest),
        "docs" => docs::run(rest.iter().any(|a| a == "--check")),
        "licences" => licences::run(),
        "smoke" => smoke::run(&rest),
        "bench" => bench::run(&rest),
        "fuzz" => fuzz::run(&rest),
        "control-plane" => control_plane::run(&rest),
        "oracle" => oracle::build("oracle").map(|built| match built {
            oracle::Built::At(path) => say(&path.display().to_string()),
            oracle::Built::Missing(why) => say(&format!("skipped: {why}")),
        }),
        "rbac-tables" => rbac_tables::run(),
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("xtask {task}: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Root of the repository.
fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "this is the program's output")]
fn complain(line: &str) {
    eprintln!("{line}");
}
