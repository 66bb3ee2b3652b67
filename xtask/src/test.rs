//! `cargo xtask test`: every test of the repository, with what they need.
//!
//! Each test that could not run wrote a line to the file named by `IRONCLAD_SKIPPED`; they are printed at the end, and
//! a summary is left in `target/test-summary.txt`.

use crate::{control_plane, oracle, root, say, schemas};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let full = arguments.iter().any(|a| a == "--full");
    let target = root().join("target");
    fs_err::create_dir_all(&target)?;
    let skipped = target.join("skipped.txt");
    fs_err::write(&skipped, "")?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--workspace", "--no-fail-fast"]).current_dir(root());
    cargo.args(arguments.iter().filter(|a| *a != "--full"));
    cargo.env("IRONCLAD_SKIPPED", &skipped);
    if full {
        cargo.env("IRONCLAD_FULL", "1");
    }
    let oracles = [
        ("oracle", "IRONCLAD_ORACLE"),
        ("helm-oracle", "IRONCLAD_HELM_ORACLE"),
        ("kustomize-oracle", "IRONCLAD_KUSTOMIZE_ORACLE"),
    ];
    for (name, variable) in oracles {
        match oracle::build(name)? {
            oracle::Built::At(path) => {
                cargo.env(variable, path);
            }
            oracle::Built::Missing(why) => note(&skipped, &format!("every test beside {name}: {why}"))?,
        }
    }
    // Assets that the user has win over what would be built.
    if std::env::var_os("KUBEBUILDER_ASSETS").is_none_or(|folder| folder.is_empty()) {
        match control_plane::newest_built()? {
            oracle::Built::At(folder) => {
                cargo.env("IRONCLAD_CONTROL_PLANE", folder);
            }
            oracle::Built::Missing(why) => note(&skipped, &format!("every test of a real API server: {why}"))?,
        }
    }
    let (folder, missing) = schemas::fetch()?;
    cargo.env("IRONCLAD_SCHEMAS", folder);
    for why in missing {
        note(&skipped, &why)?;
    }
    let mut child = cargo.stdout(Stdio::piped()).spawn().context("cargo test")?;
    let (mut passed, mut failed) = (0u64, 0u64);
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if let Some(result) = line.strip_prefix("test result: ") {
                let number = |word: &str| -> u64 {
                    let before = result.split(word).next().unwrap_or_default();
                    before.trim_end().rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
                };
                passed += number(" passed");
                failed += number(" failed");
            }
            // A passing test is worth no line of its own: there are hundreds.
            if !(line.starts_with("test ") && line.ends_with("... ok")) {
                say(&line);
            }
        }
    }
    let status = child.wait()?;
    let notes = fs_err::read_to_string(&skipped)?;
    let mut notes: Vec<&str> = notes.lines().collect();
    notes.sort_unstable();
    notes.dedup();
    for note in &notes {
        say(&format!("skipped: {note}"));
    }
    let summary = format!("{passed} passed, {failed} failed, {} skipped", notes.len());
    fs_err::write(target.join("test-summary.txt"), format!("{summary}\n"))?;
    say(&summary);
    if !status.success() {
        bail!("tests failed");
    }
    Ok(())
}

/// Adds a line to what was skipped.
fn note(skipped: &std::path::Path, line: &str) -> Result<()> {
    let before = fs_err::read_to_string(skipped)?;
    Ok(fs_err::write(skipped, format!("{before}{line}\n"))?)
}
