//! Charts and templates beside Helm itself. What Helm made of each case is recorded; where the Helm oracle is built
//! (`cargo xtask test`), the record is checked against it, and `IRONCLAD_UPDATE=1` writes it anew.

use ironclad_render::{ChartFile, ChartFiles, Options, Rendered, SetKind, render};
use ironclad_testkit::{oracle, skipped};
use ironclad_tree::{Limits, Severity, Source, parse};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.2.3\nappVersion: \"4.5.6\"\n";
const KUBE: &str = "v1.37.0";

#[derive(Default)]
struct Case {
    name: String,
    files: BTreeMap<String, String>,
    values: Vec<String>,
    arguments: Vec<(String, String)>,
}

/// As in a diff: the line above ends the text without a break.
const UNBROKEN: &str = "\\ No newline at end of file";

/// `@@ name`, then `@arg --flag value`, `@values` and `@file path` with their texts.
fn cases(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for block in text.split("@@ ").skip(1) {
        let mut case = Case::default();
        let mut into: Option<String> = None;
        let mut held = String::new();
        let flush = |case: &mut Case, into: &Option<String>, held: &mut String| {
            match into.as_deref() {
                Some("") => case.values.push(std::mem::take(held)),
                Some(path) => {
                    case.files.insert(path.to_owned(), std::mem::take(held));
                }
                None => held.clear(),
            };
        };
        for (index, line) in block.split_inclusive('\n').enumerate() {
            let plain = line.trim_end_matches('\n');
            if index == 0 {
                case.name = plain.to_owned();
            } else if let Some(argument) = plain.strip_prefix("@arg ") {
                let (flag, value) = argument.split_once(' ').unwrap();
                case.arguments.push((flag.to_owned(), value.to_owned()));
            } else if plain == "@values" {
                flush(&mut case, &into, &mut held);
                into = Some(String::new());
            } else if let Some(path) = plain.strip_prefix("@file ") {
                flush(&mut case, &into, &mut held);
                into = Some(path.to_owned());
            } else if plain == UNBROKEN {
                held.truncate(held.len() - 1);
            } else {
                held.push_str(line);
            }
        }
        flush(&mut case, &into, &mut held);
        case.files.entry("Chart.yaml".to_owned()).or_insert_with(|| CHART.to_owned());
        cases.push(case);
    }
    cases
}

impl Case {
    fn all(&self, flag: &str) -> Vec<&str> {
        self.arguments.iter().filter(|(own, _)| own == flag).map(|(_, value)| value.as_str()).collect()
    }

    fn one<'a>(&'a self, flag: &str, default: &'a str) -> &'a str {
        self.all(flag).first().copied().unwrap_or(default)
    }

    fn version(&self) -> String {
        format!("v{}", self.one("--kube-version", KUBE).trim_start_matches('v'))
    }

    fn question(&self) -> Value {
        let files: Vec<Value> = self
            .files
            .iter()
            .map(|(name, text)| json!({"name": name, "data": oracle::base64(text.as_bytes())}))
            .collect();
        json!({
            "op": "render", "id": self.name, "files": files, "values": self.values,
            "set": self.all("--set"), "setString": self.all("--set-string"), "setJson": self.all("--set-json"),
            "release": self.one("--release-name", "rel"), "namespace": self.one("--namespace", "ns"),
            "kubeVersion": self.version(), "apiVersions": self.all("--api-versions"),
        })
    }

    fn render(&self) -> Rendered {
        // A folder's rules hold before its files are read; here they are in memory.
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in &self.files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let files = match ironclad_render::read_folder(folder.path(), "c") {
            Ok(files) => files,
            Err(problem) => return Rendered { problems: vec![problem], ..Rendered::default() },
        };
        let mut options = Options {
            release: self.one("--release-name", "rel").to_owned(),
            namespace: self.one("--namespace", "ns").to_owned(),
            kubernetes_version: self.version(),
            api_versions: self.all("--api-versions").iter().map(|v| (*v).to_owned()).collect(),
            ..Options::default()
        };
        options.values.files =
            self.values.iter().enumerate().map(|(i, text)| Source::new(format!("v{i}.yaml"), text.as_str())).collect();
        for (flag, kind) in [("--set", SetKind::Typed), ("--set-string", SetKind::Text), ("--set-json", SetKind::Json)]
        {
            options.values.set.extend(self.all(flag).into_iter().map(|text| (kind, text.to_owned())));
        }
        render(&files, &options)
    }
}

/// Sorted keys, one line.
fn canonical(json: &str) -> String {
    serde_json::from_str::<Value>(json).unwrap().to_string()
}

/// The objects of a text of manifests; `error` where it is none.
fn objects_of(manifest: &str) -> String {
    let parsed = parse(&Source::new("helm", manifest), &Limits::default());
    assert!(parsed.problems.iter().all(|p| p.severity != Severity::Error), "{manifest}\n{:?}", parsed.problems);
    let mut out = String::new();
    for document in &parsed.documents {
        let mut json = String::new();
        document.root().write_json(&mut json);
        out.push_str(&canonical(&json));
        out.push('\n');
    }
    out
}

fn ours(rendered: &Rendered) -> String {
    if let Some(problem) = rendered.problems.iter().find(|p| p.problem.severity == Severity::Error) {
        return format!("error {}\n", problem.problem.message.replace('\n', " "));
    }
    let mut out = String::new();
    for document in rendered.manifests.iter().flat_map(|manifest| &manifest.documents) {
        let mut json = String::new();
        document.root().write_json(&mut json);
        out.push_str(&canonical(&json));
        out.push('\n');
    }
    out
}

/// What Helm makes of each case, by name: what the oracle says now, else what is recorded.
fn expected(file: &str, questions: Vec<Value>, answer: impl Fn(&Value) -> String) -> Option<BTreeMap<String, String>> {
    let path = format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"));
    let recorded: Option<BTreeMap<String, String>> =
        std::fs::read_to_string(&path).ok().map(|text| serde_json::from_str(&text).unwrap());
    let Some(answers) = oracle::ask_helm(questions.clone()) else {
        skipped(&format!("render: {file} checked against Helm"), "the Helm oracle is not built");
        return recorded;
    };
    let fresh: BTreeMap<String, String> = questions
        .iter()
        .zip(&answers)
        .map(|(question, reply)| (question["id"].as_str().unwrap().to_owned(), answer(reply)))
        .collect();
    if std::env::var_os("IRONCLAD_UPDATE").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&fresh).unwrap() + "\n").unwrap();
    } else {
        assert_eq!(recorded.as_ref(), Some(&fresh), "the record is old: run with IRONCLAD_UPDATE=1");
    }
    Some(fresh)
}

fn compare(all: Vec<(String, String)>, expected: &BTreeMap<String, String>) {
    let mut wrong = Vec::new();
    for (name, ours) in &all {
        let theirs = &expected[name];
        let same = match (theirs.strip_prefix("error "), ours.strip_prefix("error ")) {
            (Some(_), Some(_)) => true,
            (None, None) => theirs == ours,
            _ => false,
        };
        if !same {
            wrong.push(format!("## {name}\nhelm: {theirs}\nours: {ours}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn charts() {
    let cases = cases(include_str!("charts.txt"));
    assert!(cases.len() >= 150, "{}", cases.len());
    let questions = cases.iter().map(Case::question).collect();
    let expected = expected("charts.json", questions, |reply| match reply["manifest"].as_str() {
        Some(manifest) => objects_of(manifest),
        None => format!("error {}", reply["error"].as_str().unwrap()),
    });
    let all = cases.iter().map(|case| (case.name.clone(), ours(&case.render()))).collect();
    compare(all, &expected.unwrap());
}

#[test]
fn functions() {
    let values = include_str!("values.yaml");
    let templates: Vec<&str> = include_str!("templates.txt").lines().collect();
    let question = |template: &&str| {
        json!({
            "op": "eval", "id": template, "values": [values], "release": "rel", "namespace": "ns",
            "kubeVersion": KUBE, "templates": [template],
        })
    };
    let expected = expected("templates.json", templates.iter().map(question).collect(), |reply| {
        let result = &reply["results"][0];
        match result["output"].as_str() {
            Some(output) => output.to_owned(),
            None => format!("error {}", result["error"].as_str().unwrap()),
        }
    });
    let one = |template: &&str| {
        let file = |name: &str, text: &str| ChartFile {
            name: name.to_owned(),
            shown: format!("c/{name}"),
            bytes: text.as_bytes().to_vec(),
        };
        let files = ChartFiles {
            root: "c".to_owned(),
            files: vec![file("Chart.yaml", CHART), file("templates/t.yaml", template)],
        };
        let mut options = Options { release: "rel".to_owned(), namespace: "ns".to_owned(), ..Options::default() };
        options.values.files = vec![Source::new("values.yaml", values)];
        match ironclad_render::print(&files, &options) {
            Ok(texts) => (template.to_string(), texts["c/templates/t.yaml"].clone()),
            Err(message) => (template.to_string(), format!("error {message}")),
        }
    };
    compare(templates.iter().map(one).collect(), &expected.unwrap());
}
