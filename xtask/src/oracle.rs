//! The oracles: Go programs of ours over the modules that kubectl, Pod Security admission and Helm are built from. Built
//! once for each state of their sources, outside of the target folder, so that a clean build does not cost them again.

use crate::root;
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::process::Command;

/// Where it is, or why there is none.
pub(crate) enum Built {
    At(PathBuf),
    Missing(String),
}

/// Builds the oracle in `tools/NAME` unless the cache holds it.
pub(crate) fn build(name: &str) -> Result<Built> {
    let folder = root().join("tools").join(name);
    let mut hasher = Sha256::new();
    let mut sources: Vec<PathBuf> = Vec::new();
    // What is in `tools/lines` is part of every oracle.
    for folder in [&folder, &root().join("tools/lines")] {
        for entry in fs_err::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if (name.ends_with(".go") && !name.ends_with("_test.go")) || name == "go.sum" || name == "go.mod" {
                sources.push(path);
            }
        }
    }
    sources.sort();
    for path in &sources {
        hasher.update(fs_err::read(path)?);
    }
    let key: String = hasher.finalize()[..8].iter().map(|b| format!("{b:02x}")).collect();
    let cache = cache_folder().join("oracle");
    let binary = cache.join(format!("{name}-{key}"));
    if binary.is_file() {
        return Ok(Built::At(binary));
    }
    if Command::new("go").arg("version").output().is_err() {
        return Ok(Built::Missing("Go is not installed".to_owned()));
    }
    fs_err::create_dir_all(&cache)?;
    let partial = cache.join(format!("{name}-{key}.{}", std::process::id()));
    let status = Command::new("go")
        .args(["build", "-trimpath", "-o"])
        .arg(&partial)
        .arg(".")
        .current_dir(&folder)
        .status()
        .context("go build")?;
    if !status.success() {
        bail!("the oracle does not build: run `go build .` in tools/{name}");
    }
    fs_err::rename(&partial, &binary)?;
    Ok(Built::At(binary))
}

/// What is built once and kept: `IRONCLAD_CACHE`, else the user's own cache.
pub(crate) fn cache_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("IRONCLAD_CACHE") {
        return PathBuf::from(folder);
    }
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("ironclad")
}
