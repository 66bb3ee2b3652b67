//! The program as tests start it: in a folder that is its home as well and at a set time, so that nothing of the
//! user's own is read and reports repeat.
#![allow(dead_code, reason = "each test uses its part")]

use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A folder with these files, each at its path.
pub(crate) fn folder(files: &[(&str, impl AsRef<[u8]>)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

/// The program with its arguments, not yet started.
pub(crate) fn command(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ironclad"));
    command.args(arguments).current_dir(folder);
    command.env("SOURCE_DATE_EPOCH", "1795478400").env("HOME", folder);
    command.env_remove("KUBECONFIG").env_remove("IRONCLAD_POLICY_CONFIG").env_remove("CLICOLOR_FORCE");
    command
}

/// Runs the program to its end, with nothing on its standard input.
pub(crate) fn ironclad(arguments: &[&str], folder: &Path) -> Output {
    command(arguments, folder).stdin(Stdio::null()).output().unwrap()
}

/// Runs the program with a text on its standard input, which it need not read to the end.
pub(crate) fn ironclad_reading(input: &[u8], arguments: &[&str], folder: &Path) -> Output {
    let mut command = command(arguments, folder);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// All that it printed.
pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Its report.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(output)))
}
