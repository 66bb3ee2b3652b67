//! Published schemas of report formats, for the tests that hold reports against them: taken from packages, once, into
//! the cache; never part of the repository.

use crate::oracle::cache_folder;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// An npm package of Microsoft's (MIT) that carries the OASIS schema of SARIF 2.1.0.
const SARIF: (&str, &str) = ("@microsoft/jest-sarif@1.0.0-beta.0", "package/lib/schemas/sarif-2.1.0-rtm.5.json");
/// The Go module (Apache-2.0) that holds the custom resource definitions of OpenReports.
const OPENREPORTS: (&str, &str) =
    ("github.com/openreports/reports-api@v0.2.1", "config/crd/openreports.io_reports.yaml");

/// The folder of the schemas, and why one is not in it.
pub(crate) fn fetch() -> Result<(PathBuf, Vec<String>)> {
    let folder = cache_folder().join("schemas");
    fs_err::create_dir_all(&folder)?;
    let mut missing = Vec::new();
    for (name, fetch) in
        [("sarif-2.1.0.json", sarif as fn(&Path, &Path) -> Result<()>), ("openreports.io_reports.yaml", openreports)]
    {
        let target = folder.join(name);
        if target.is_file() {
            continue;
        }
        let partial = folder.join(format!("{name}.{}", std::process::id()));
        match fetch(&folder, &partial) {
            Ok(()) => fs_err::rename(&partial, &target)?,
            Err(error) => missing.push(format!("{name} could not be fetched: {error:#}")),
        }
    }
    Ok((folder, missing))
}

fn sarif(folder: &Path, target: &Path) -> Result<()> {
    let (package, file) = SARIF;
    let output = run(Command::new("npm").args(["pack", package, "--silent"]).current_dir(folder))?;
    let archive = folder.join(output.lines().last().unwrap_or_default().trim());
    let text = run(Command::new("tar").arg("-xzOf").arg(&archive).arg(file))?;
    fs_err::write(target, text)?;
    Ok(fs_err::remove_file(archive)?)
}

fn openreports(folder: &Path, target: &Path) -> Result<()> {
    let (module, file) = OPENREPORTS;
    let output = run(Command::new("go").args(["mod", "download", "-json", module]).current_dir(folder))?;
    let found: serde_json::Value = serde_json::from_str(&output)?;
    let root = found["Dir"].as_str().context("go says no folder")?;
    fs_err::copy(Path::new(root).join(file), target)?;
    Ok(())
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{:?}", command.get_program()))?;
    if !output.status.success() {
        bail!("{:?}: {}", command.get_program(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}
