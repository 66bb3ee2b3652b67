//! `cargo xtask fuzz [TARGET] [SECONDS]`: coverage-guided fuzzing of the parsers of foreign bytes.

use crate::{root, say};
use anyhow::{Context, Result, bail};
use std::process::Command;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let targets: Vec<String> = match arguments.first() {
        Some(target) => vec![target.clone()],
        None => {
            let mut names = Vec::new();
            for entry in fs_err::read_dir(root().join("fuzz/fuzz_targets"))? {
                let path = entry?.path();
                names.extend(path.file_stem().and_then(|s| s.to_str()).map(str::to_owned));
            }
            names.sort();
            names
        }
    };
    let seconds = arguments.get(1).map_or("60", String::as_str);
    for target in targets {
        say(&format!("fuzzing {target} for {seconds} s"));
        let status = Command::new("cargo")
            .args(["+nightly", "fuzz", "run", &target, "--", &format!("-max_total_time={seconds}")])
            .current_dir(root())
            .status()
            .context("cargo fuzz: `cargo install cargo-fuzz` and a nightly toolchain are needed")?;
        if !status.success() {
            bail!("{target} failed: the input is under fuzz/artifacts");
        }
    }
    Ok(())
}
