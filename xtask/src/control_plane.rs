//! `cargo xtask control-plane`: kube-apiserver, kube-controller-manager, kubectl and etcd, built from their published Go
//! modules and run on loopback.
//!
//! `tools/control-plane/` has one Go module of ours for each minor and one for etcd. Kubernetes requires its staging
//! modules at v0.0.0, so each minor's `go.mod` replaces them by the published v0.N.P; `pin` writes it. What is built is
//! kept by the hash of `go.mod` and `go.sum`, outside of the target folder.

use crate::{oracle, root, say};
use anyhow::{Context, Result, bail};
use ironclad_testcluster::{Assets, ControlPlane, Options};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Programs of Kubernetes that are built.
const PROGRAMS: &[&str] = &["kube-apiserver", "kube-controller-manager", "kubectl"];

pub(crate) const USAGE: &str = "\
cargo xtask control-plane <task>

  build [--minor N | --all]  build the newest minor, another, or all; print the folder of each
  start [--minor N]          run one in the background; prints its kubeconfig
  stop                       end it
  pin N VERSION              write tools/control-plane/v1.N for a release (vX.Y.Z)
";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["build"] => print_built(&[newest()?]),
        ["build", "--all"] => print_built(&minors()?),
        ["build", "--minor", minor] => print_built(&[minor.parse().context("a minor is a number")?]),
        ["start"] => start(newest()?),
        ["start", "--minor", minor] => start(minor.parse().context("a minor is a number")?),
        ["stop"] => stop(),
        ["pin", minor, version] => pin(minor.parse().context("a minor is a number")?, version),
        // What `start` starts.
        ["hold", minor] => hold(minor.parse().context("a minor is a number")?),
        _ => bail!("{USAGE}"),
    }
}

/// The folder with the programs of the newest minor, or why there is none.
pub(crate) fn newest_built() -> Result<oracle::Built> {
    build(newest()?)
}

fn print_built(minors: &[u8]) -> Result<()> {
    for &minor in minors {
        match build(minor)? {
            oracle::Built::At(folder) => say(&folder.display().to_string()),
            oracle::Built::Missing(why) => bail!("1.{minor} cannot be built: {why}"),
        }
    }
    Ok(())
}

/// Minors that have a module, oldest first.
fn minors() -> Result<Vec<u8>> {
    let mut minors = Vec::new();
    for entry in fs_err::read_dir(root().join("tools/control-plane"))? {
        let name = entry?.file_name();
        minors.extend(name.to_str().and_then(|n| n.strip_prefix("v1.")).and_then(|n| n.parse::<u8>().ok()));
    }
    minors.sort_unstable();
    Ok(minors)
}

fn newest() -> Result<u8> {
    minors()?.last().copied().context("tools/control-plane has no module")
}

fn build(minor: u8) -> Result<oracle::Built> {
    let kubernetes = root().join(format!("tools/control-plane/v1.{minor}"));
    let etcd = root().join("tools/control-plane/etcd");
    if !kubernetes.is_dir() {
        bail!("tools/control-plane has no module for 1.{minor}: `cargo xtask control-plane pin {minor} v1.{minor}.P`");
    }
    let version = required(&kubernetes, "k8s.io/kubernetes")?;
    let folder =
        oracle::cache_folder().join("control-plane").join(format!("{version}-{}", key(&[&kubernetes, &etcd])?));
    if Assets::in_folder(&folder).is_ok_and(|assets| assets.controller_manager.is_some()) {
        return Ok(oracle::Built::At(folder));
    }
    if Command::new("go").arg("version").output().is_err() {
        return Ok(oracle::Built::Missing("Go is not installed".to_owned()));
    }
    let started = Instant::now();
    say(&format!("building the control plane {version} (once; minutes)"));
    // Into a folder beside it, which takes the name when all is there.
    let partial = folder.with_extension(std::process::id().to_string());
    fs_err::create_dir_all(&partial)?;
    go_build(&etcd, "go.etcd.io/etcd/server/v3", &partial.join("etcd"), "-s -w")?;
    let flags = version_flags(&version, minor);
    for program in PROGRAMS {
        go_build(&kubernetes, &format!("k8s.io/kubernetes/cmd/{program}"), &partial.join(program), &flags)?;
    }
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    fs_err::rename(&partial, &folder)?;
    say(&format!("built in {} s", started.elapsed().as_secs()));
    Ok(oracle::Built::At(folder))
}

/// An API server that says v0.0.0 takes every feature for one of another release.
fn version_flags(version: &str, minor: u8) -> String {
    let mut flags = String::from("-s -w");
    for package in ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"] {
        let values =
            [("gitVersion", version), ("gitMajor", "1"), ("gitMinor", &minor.to_string()), ("gitTreeState", "clean")];
        for (name, value) in values {
            let _ = write!(flags, " -X {package}.{name}={value}");
        }
    }
    flags
}

fn go_build(module: &Path, package: &str, to: &Path, flags: &str) -> Result<()> {
    let status = Command::new("go")
        .args(["build", "-trimpath", "-mod=readonly", "-ldflags", flags, "-o"])
        .arg(to)
        .arg(package)
        .current_dir(module)
        .env("CGO_ENABLED", "0")
        .status()
        .context("go build")?;
    if !status.success() {
        bail!("{package} does not build: run `go build {package}` in {}", module.display());
    }
    Ok(())
}

fn key(modules: &[&Path]) -> Result<String> {
    let mut hasher = Sha256::new();
    for module in modules {
        for name in ["go.mod", "go.sum"] {
            hasher.update(fs_err::read(module.join(name))?);
        }
    }
    Ok(hasher.finalize()[..8].iter().map(|b| format!("{b:02x}")).collect())
}

/// The version of a module that a `go.mod` requires.
fn required(folder: &Path, module: &str) -> Result<String> {
    let text = fs_err::read_to_string(folder.join("go.mod"))?;
    let line = text.lines().map(str::trim).map(|l| l.strip_prefix("require ").unwrap_or(l));
    let mut versions = line.filter_map(|l| l.strip_prefix(module)?.strip_prefix(' '));
    let version = versions.next().with_context(|| format!("{}: no {module}", folder.display()))?;
    Ok(version.split(' ').next().unwrap_or(version).to_owned())
}

fn pin(minor: u8, version: &str) -> Result<()> {
    let patch =
        version.strip_prefix(&format!("v1.{minor}.")).with_context(|| format!("{version} is not of 1.{minor}"))?;
    let download = Command::new("go")
        .args(["mod", "download", "-json", &format!("k8s.io/kubernetes@{version}")])
        .current_dir(std::env::temp_dir())
        .output()
        .context("go mod download")?;
    let answer: serde_json::Value = serde_json::from_slice(&download.stdout)?;
    let Some(path) = answer["GoMod"].as_str() else { bail!("no such release: {}", answer["Error"]) };
    let upstream = fs_err::read_to_string(path)?;
    let line = |prefix: &str| upstream.lines().find_map(|l| l.strip_prefix(prefix)).map(str::to_owned);
    let mut text = format!(
        "module ironclad.dev/tools/control-plane/v1.{minor}\n\ngo {}\n\n",
        line("go ").context("upstream's go.mod names no Go version")?
    );
    // A dependency's `godebug` is ignored: the programs must run with the behaviour that upstream tests.
    if let Some(default) = line("godebug default=") {
        let _ = write!(text, "godebug default={default}\n\n");
    }
    text.push_str("tool (\n");
    for program in PROGRAMS {
        let _ = writeln!(text, "\tk8s.io/kubernetes/cmd/{program}");
    }
    let _ = write!(text, ")\n\nrequire k8s.io/kubernetes {version}\n\nreplace (\n");
    for staging in upstream.lines().filter_map(|l| l.trim().strip_suffix(" v0.0.0")) {
        let _ = writeln!(text, "\t{staging} => {staging} v0.{minor}.{patch}");
    }
    text.push_str(")\n");
    let folder = root().join(format!("tools/control-plane/v1.{minor}"));
    fs_err::create_dir_all(&folder)?;
    fs_err::write(folder.join("go.mod"), text)?;
    let status = Command::new("go").args(["mod", "tidy"]).current_dir(&folder).status().context("go mod tidy")?;
    if !status.success() {
        bail!("go mod tidy failed in {}", folder.display());
    }
    Ok(())
}

/// Where a control plane in the background leaves its process id and the path of its kubeconfig.
fn state() -> PathBuf {
    root().join("target/control-plane")
}

fn start(minor: u8) -> Result<()> {
    let state = state();
    fs_err::create_dir_all(&state)?;
    let kubeconfig = state.join("kubeconfig");
    if state.join("pid").is_file() {
        bail!("one is running: `cargo xtask control-plane stop` first");
    }
    print_built(&[minor])?;
    let log = fs_err::File::create(state.join("log"))?.into_parts().0;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["control-plane", "hold", &minor.to_string()])
        .stdin(Stdio::null())
        .stderr(log.try_clone()?)
        .stdout(log)
        .spawn()?;
    fs_err::write(state.join("pid"), child.id().to_string())?;
    while !kubeconfig.is_file() {
        if let Some(status) = child.try_wait()? {
            fs_err::remove_file(state.join("pid"))?;
            bail!("it ended with {status}:\n{}", fs_err::read_to_string(state.join("log"))?);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    say(&format!("export KUBECONFIG={}", fs_err::read_to_string(&kubeconfig)?.trim()));
    Ok(())
}

/// Holds a control plane until the process ends; its children end with it.
fn hold(minor: u8) -> Result<()> {
    let oracle::Built::At(folder) = build(minor)? else { bail!("it was built a moment ago and is gone") };
    let assets = Assets::in_folder(&folder).map_err(|missing| anyhow::anyhow!("no {missing}"))?;
    let options = Options { controller_manager: true, ..Options::default() };
    let plane = ControlPlane::start(&assets, &options)?;
    let partial = state().join("kubeconfig.partial");
    fs_err::write(&partial, plane.kubeconfig().display().to_string())?;
    fs_err::rename(partial, state().join("kubeconfig"))?;
    loop {
        std::thread::park();
    }
}

fn stop() -> Result<()> {
    let pid = fs_err::read_to_string(state().join("pid")).context("none is running")?;
    let status = Command::new("kill").arg(pid.trim()).status()?;
    for name in ["pid", "kubeconfig"] {
        let _ = fs_err::remove_file(state().join(name));
    }
    if !status.success() {
        bail!("process {pid} was gone already");
    }
    Ok(())
}
