//! Waivers of other scanners, honoured as they are written: each page of `tests/peer_waivers` is a tool's semantics.
//!
//! A section is a case: a fence `yaml` is the manifest, a fence with a second word the file of that name (`policy.yaml`
//! becomes the organisation's configuration). The list below it is what must come out:
//! `waived CHECK [at POINTER] [by TOOL]: REASON`, `open CHECK [at POINTER]`, `unused TEXT`, `invalid TEXT`, `expired TEXT`,
//! `none unused`, `none invalid`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use program::{command, json};
use serde_json::Value;
use std::fs;
use std::path::Path;

#[derive(Default)]
struct Case {
    title: String,
    files: Vec<(String, String)>,
    expected: Vec<String>,
}

fn cases(page: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut fence: Option<(String, String)> = None;
    for line in page.lines() {
        match (&mut fence, line.strip_prefix("```")) {
            (Some(_), Some(_)) => cases.last_mut().unwrap().files.extend(fence.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, Some(info)) => {
                let name = info.split_once(' ').map_or("manifest.yaml", |(_, name)| name);
                fence = Some((name.to_owned(), String::new()));
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    cases.push(Case { title: title.to_owned(), ..Case::default() });
                } else if let Some(item) = line.strip_prefix("- ") {
                    cases.last_mut().unwrap().expected.push(item.to_owned());
                }
            }
        }
    }
    cases
}

fn scan(case: &Case) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (name, text) in &case.files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let scan = ["scan", "manifest.yaml", "--profile", "all", "--complete", "--format", "json"];
    let mut command = command(&scan, folder.path());
    if case.files.iter().any(|(name, _)| name == "policy.yaml") {
        command.args(["--policy-config", "policy.yaml"]);
    }
    json(&command.output().unwrap())
}

fn hygiene(report: &Value, state: &str) -> Vec<String> {
    let id = format!("manifest/{state}-waiver");
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|f| f["check"] == id).map(|f| f["message"].as_str().unwrap().to_owned()).collect()
}

/// What is expected and does not come out.
fn missing(line: &str, report: &Value) -> Option<String> {
    let (words, reason) = line.split_once(": ").map_or((line, None), |(words, reason)| (words, Some(reason)));
    let (state, rest) = words.split_once(' ').unwrap();
    if matches!(state, "unused" | "invalid" | "expired") {
        let said = hygiene(report, state);
        let wanted = line.split_once(' ').unwrap().1;
        return (!said.iter().any(|m| m.contains(wanted))).then(|| format!("said: {said:?}"));
    }
    if state == "none" {
        let said = hygiene(report, rest);
        return (!said.is_empty()).then(|| format!("said: {said:?}"));
    }
    let mut words = rest.split(' ');
    let check = words.next().unwrap();
    let words: Vec<&str> = words.collect();
    let option = |name: &str| words.iter().position(|word| *word == name).map(|at| words[at + 1]);
    let fits = |f: &&Value| {
        f["check"] == check && option("at").is_none_or(|pointer| f["path"].as_str().unwrap().starts_with(pointer))
    };
    let here: Vec<&Value> = report["findings"].as_array().unwrap().iter().filter(fits).collect();
    let good = |f: &&Value| {
        f["status"] == state
            && reason.is_none_or(|reason| f["waiver"]["reason"] == reason)
            && option("by").is_none_or(|tool| f["waiver"]["form"] == tool)
    };
    let all = !here.is_empty() && here.iter().all(good);
    (!all).then(|| {
        let show = |f: &&Value| format!("{} {} {}", f["path"], f["status"], f["waiver"]);
        format!("found: {:?}", here.iter().map(show).collect::<Vec<_>>())
    })
}

#[test]
fn pages() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer_waivers");
    let mut pages: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let mut faults = Vec::new();
    for path in &pages {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for case in cases(&fs::read_to_string(path).unwrap()) {
            assert!(!case.expected.is_empty(), "{name}: `{}` expects nothing", case.title);
            let report = scan(&case);
            for line in &case.expected {
                if let Some(why) = missing(line, &report) {
                    faults.push(format!("{name}: {}\n  {line}\n  {why}", case.title));
                }
            }
        }
    }
    assert!(pages.len() >= 9, "a tool's page is missing");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
