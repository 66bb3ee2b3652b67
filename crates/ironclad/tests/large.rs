//! The report for people stays one that people read when a set is large.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use std::path::Path;

const OBJECTS: usize = 600;

fn scan(folder: &Path, more: &[&str]) -> String {
    let out = program::ironclad(&[&["scan", "--no-config"], more, &["."]].concat(), folder);
    String::from_utf8(out.stdout).unwrap()
}

fn deployment(name: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web{name}, namespace: shop}}\nspec:\n  selector: {{matchLabels: {{app: web{name}}}}}\n  template:\n    metadata: {{labels: {{app: web{name}}}}}\n    spec:\n      containers:\n      - name: web\n        image: nginx\n        securityContext: {{privileged: true}}\n"
    )
}

/// The number that stands before ` in N files` in the line of a check.
fn counted(text: &str, check: &str) -> usize {
    let line = text.lines().find(|line| line.contains(&format!(" {check}: ")));
    let rest = line.and_then(|line| line.split_once(&format!(" {check}: "))).map(|(_, rest)| rest);
    rest.and_then(|rest| rest.split(' ').next()).and_then(|count| count.parse().ok()).unwrap_or_default()
}

#[test]
fn a_large_set_says_the_same_once() {
    let files = tempfile::tempdir().unwrap();
    for name in 0..OBJECTS {
        std::fs::write(files.path().join(format!("web{name}.yaml")), deployment(name)).unwrap();
    }
    let one = tempfile::tempdir().unwrap();
    let all: Vec<String> = (0..OBJECTS).map(deployment).collect();
    std::fs::write(one.path().join("all.yaml"), all.join("---\n")).unwrap();

    for folder in [files.path(), one.path()] {
        let text = scan(folder, &[]);
        let lines = text.lines().count();
        assert!(lines < 2_000, "{lines} lines");
        assert!(text.contains("600 objects"), "the summary counts all:\n{text}");
    }

    // What is counted and what is printed are together everything.
    let text = scan(files.path(), &[]);
    let printed = text.lines().filter(|line| line.starts_with("high[workload/privileged]")).count();
    assert_eq!(printed + counted(&text, "workload/privileged"), OBJECTS, "{text}");
    let printed = text.lines().filter(|line| line.starts_with("high[pss-restricted]")).count();
    assert_eq!(printed * 4 + counted(&text, "pss-restricted"), OBJECTS * 4, "{text}");

    let whole = scan(files.path(), &["-v"]);
    let printed = whole.lines().filter(|line| line.starts_with("high[workload/privileged]")).count();
    assert_eq!(printed, OBJECTS, "-v shows each");
    assert!(!whole.contains("more of the same"));
}

#[test]
fn a_small_set_is_shown_in_full() {
    let folder = tempfile::tempdir().unwrap();
    for name in 0..10 {
        std::fs::write(folder.path().join(format!("web{name}.yaml")), deployment(name)).unwrap();
    }
    assert!(!scan(folder.path(), &[]).contains("more of the same"));
}
