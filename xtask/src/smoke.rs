//! Runs the built program as a user would and holds what comes out against what is promised.

use crate::{root, say};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [binary] = arguments else { bail!("name the binary") };
    let binary = root().join(binary);
    let call = |arguments: &[&str], stdin: &str| -> Result<Output> {
        let mut child = Command::new(&binary)
            .args(arguments)
            .current_dir(root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(stdin.as_bytes())?;
        }
        Ok(child.wait_with_output()?)
    };
    let expect = |what: &str, output: &Output, code: i32| -> Result<()> {
        if output.status.code() != Some(code) {
            let stderr = String::from_utf8_lossy(&output.stderr);
            bail!("{what}: exit {:?} instead of {code}\n{stderr}", output.status.code());
        }
        Ok(())
    };

    let version = call(&["--version"], "")?;
    expect("--version", &version, 0)?;
    let shop = call(&["scan", "examples/shop", "--format", "json"], "")?;
    expect("scan of the shop", &shop, 1)?;
    let report: Value = serde_json::from_slice(&shop.stdout).context("scan --format json")?;
    if report["schema"] != "ironclad.findings/v1" {
        bail!("scan --format json: wrong schema {}", report["schema"]);
    }
    let fires = |id: &str| report["findings"].as_array().is_some_and(|all| all.iter().any(|f| f["check"] == id));
    for id in ["workload/privileged", "image/tag-latest", "workload/host-path"] {
        if !fires(id) {
            bail!("{id} does not fire on the shop");
        }
    }
    let good = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n";
    expect("a clean object on standard input", &call(&["scan", "-"], good)?, 0)?;
    expect("a broken document", &call(&["scan", "-"], "kind: Pod\napiVersion: v1\n\tx: 1\n")?, 2)?;
    expect("no object", &call(&["scan", "-"], "")?, 2)?;
    expect("a missing file", &call(&["scan", "no-such-file.yaml"], "")?, 2)?;
    expect("explain", &call(&["explain", "workload/privileged"], "")?, 0)?;
    expect("checks", &call(&["checks"], "")?, 0)?;
    let rendered = call(&["render", "examples/shop", "--format", "json"], "")?;
    expect("render", &rendered, 0)?;
    let objects: Value = serde_json::from_slice(&rendered.stdout).context("render --format json")?;
    say(&format!(
        "smoke: {} of {} findings in {} objects, all codes as promised",
        report["findings"].as_array().map_or(0, Vec::len),
        PathBuf::from(&binary).display(),
        objects.as_array().map_or(0, Vec::len)
    ));
    Ok(())
}
