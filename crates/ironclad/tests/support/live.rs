//! The program beside a real API server: the control plane that tests share, and calls in a home of their own.

use ironclad_testcluster::ControlPlane;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// The shared control plane; says why there is none.
pub(crate) fn plane(what: &str) -> Option<&'static ControlPlane> {
    ironclad_testcluster::shared().map_err(|why| ironclad_testkit::skipped(what, &why)).ok()
}

/// Runs the program in a folder that is its home as well: nothing of the user's own is read.
pub(crate) fn ironclad(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ironclad"))
        .args(arguments)
        .current_dir(folder)
        .env("SOURCE_DATE_EPOCH", "1795478400")
        .env("HOME", folder)
        .env_remove("KUBECONFIG")
        .env_remove("IRONCLAD_POLICY_CONFIG")
        .output()
        .unwrap()
}

/// All that it printed.
pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Its report.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(output)))
}
