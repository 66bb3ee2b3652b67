//! Licences and sources of all dependencies, against the lists in `deny.toml` (which cargo-deny reads too).

use crate::{root, say};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::process::Command;

pub(crate) fn run() -> Result<()> {
    let allowed = list("allow = [")?;
    // What is never compiled for a target of ours is not a dependency of ours.
    let targets = list("targets = [")?;
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(targets.iter().flat_map(|target| ["--filter-platform", target]))
        .current_dir(root())
        .output()
        .context("cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut bad = Vec::new();
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    for package in packages {
        let name =
            format!("{} {}", package["name"].as_str().unwrap_or("?"), package["version"].as_str().unwrap_or("?"));
        match package["source"].as_str() {
            None => continue,
            Some(source) if source.starts_with("registry+https://github.com/rust-lang/crates.io-index") => {}
            Some(source) => bad.push(format!("{name} comes from {source}")),
        }
        match package["license"].as_str() {
            Some(licence) if acceptable(licence, &allowed) => {}
            Some(licence) => bad.push(format!("{name} is under {licence}")),
            None => bad.push(format!("{name} names no licence")),
        }
    }
    if !bad.is_empty() {
        bail!("not allowed by deny.toml:\n  {}", bad.join("\n  "));
    }
    say(&format!("{} packages, all licences and sources allowed", packages.len()));
    Ok(())
}

/// The texts of a list of `deny.toml` that stands on one line.
fn list(start: &str) -> Result<Vec<String>> {
    let text = fs_err::read_to_string(root().join("deny.toml"))?;
    let line =
        text.lines().find(|l| l.starts_with(start)).with_context(|| format!("deny.toml has no line `{start}`"))?;
    Ok(line.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

/// SPDX expression: one side of each OR, all sides of each AND. `/` is how older crates write OR.
fn acceptable(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.replace('/', " OR ");
    or(expression.trim(), allowed)
}

fn or(expression: &str, allowed: &[String]) -> bool {
    split(expression, " OR ").into_iter().any(|side| and(side, allowed))
}

fn and(expression: &str, allowed: &[String]) -> bool {
    split(expression, " AND ").into_iter().all(|side| {
        let side = side.trim();
        match side.strip_prefix('(').and_then(|s| s.strip_suffix(')')) {
            Some(inner) => or(inner, allowed),
            None => allowed.iter().any(|licence| licence == side),
        }
    })
}

/// Splits at a word outside of parentheses.
fn split<'e>(expression: &'e str, word: &str) -> Vec<&'e str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0i32, 0);
    for (at, c) in expression.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= start && expression[at..].starts_with(word) => {
                parts.push(&expression[start..at]);
                start = at + word.len();
            }
            _ => {}
        }
    }
    parts.push(&expression[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let allowed = ["MIT", "Apache-2.0", "BSD-3-Clause"].map(str::to_owned);
        for good in
            ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "MIT AND Apache-2.0", "(MIT OR GPL-2.0) AND BSD-3-Clause"]
        {
            assert!(acceptable(good, &allowed), "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(GPL-2.0 OR LGPL-2.1) AND MIT", ""] {
            assert!(!acceptable(bad, &allowed), "{bad}");
        }
    }
}
