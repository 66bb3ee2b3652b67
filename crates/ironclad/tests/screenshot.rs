//! The picture in the README is the program's real output. `IRONCLAD_UPDATE=1 cargo test --test screenshot` draws it anew.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

use std::path::Path;
use std::process::Command;

const SELECT: &str = "workload/privileged,workload/host-path-writable,workload/privilege-escalation,image/tag-latest";

#[test]
fn the_screenshot_is_what_the_program_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO_BIN_EXE_ironclad"))
        .args(["scan", "--no-config", "--color", "always", "--select", SELECT, "examples/shop"])
        .current_dir(&root)
        .env("SOURCE_DATE_EPOCH", "1795478400")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // The picture shows a plain command, and the one that the report names is as plain.
    let text = text.replace(&format!(" --no-config --select {SELECT}"), "");
    // The only thing that differs from run to run.
    let text = regex::Regex::new(r", \d+\.\d\d s").unwrap().replace(&text, "").into_owned();
    let drawn = ironclad_testkit::terminal_svg("$ ironclad scan examples/shop", &text);
    let path = root.join("docs/screenshot.svg");
    if std::env::var_os("IRONCLAD_UPDATE").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "docs/screenshot.svg is out of date: IRONCLAD_UPDATE=1 cargo test --test screenshot");
}
