//! A case as the corpus writes it.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// What the peer says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expect {
    Fail,
    Pass,
    Skip,
    Fixed,
    BytesEqual,
}

/// One line of `cases.jsonl`.
pub(crate) struct Case {
    /// Names it in the list of differences: tool, check, first manifest, and what tells equal ones apart.
    pub(crate) key: String,
    pub(crate) manifests: Vec<PathBuf>,
    pub(crate) our_check: Option<String>,
    pub(crate) expect: Expect,
    /// The whole line, for what only some cases have.
    pub(crate) line: Value,
}

impl Case {
    pub(crate) fn read(folder: &Path, tool: &str) -> Vec<Case> {
        let text = std::fs::read_to_string(folder.join("cases.jsonl")).expect("the corpus has its cases");
        let mut cases: Vec<Case> = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let line: Value = serde_json::from_str(line).expect("a case is JSON");
            let names: Vec<&str> = match &line["manifest"] {
                Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                name => name.as_str().into_iter().collect(),
            };
            let short = names.first().expect("a case has a manifest").trim_start_matches("manifests/");
            let mut key = format!("{tool} {} {short}", line["check"].as_str().unwrap_or_default());
            let same = cases.iter().filter(|case| case.key == key || case.key.starts_with(&format!("{key} #"))).count();
            if same > 0 {
                key = format!("{key} #{}", same + 1);
            }
            cases.push(Case {
                key,
                manifests: names.iter().map(|name| folder.join(name)).collect(),
                our_check: line["our_check"].as_str().map(str::to_owned),
                expect: match line["expect"].as_str().unwrap_or_default() {
                    "fail" => Expect::Fail,
                    "pass" => Expect::Pass,
                    "skip" => Expect::Skip,
                    "fixed" => Expect::Fixed,
                    "bytes-equal" => Expect::BytesEqual,
                    other => panic!("unknown expectation `{other}`"),
                },
                line,
            });
        }
        cases
    }

    /// Is it about rights? The corpus spells ids of these in a way of its own.
    pub(crate) fn is_about_rights(&self) -> bool {
        self.our_check.as_deref().is_some_and(|id| id.starts_with("rbac/"))
    }
}
