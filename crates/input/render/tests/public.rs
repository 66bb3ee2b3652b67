//! Public charts beside Helm: every chart below the folders that `IRONCLAD_CHARTS` names (`:` between them) with its
//! default values. Skipped where none is named. docs/guide/helm.md holds the last result.

use ironclad_render::{Options, read_folder, render};
use ironclad_testkit::{oracle, skipped};
use ironclad_tree::{Limits, Severity, Source, parse};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn charts(folder: &Path, all: &mut Vec<PathBuf>) {
    if folder.join("Chart.yaml").is_file() {
        return all.push(folder.to_owned());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries.iter().filter(|path| path.is_dir()).for_each(|path| charts(path, all));
}

fn question(chart: &Path) -> Value {
    let mut files = Vec::new();
    let mut pending = vec![chart.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                let name = path.strip_prefix(chart).unwrap().to_string_lossy().into_owned();
                files.push(json!({"name": name, "data": oracle::base64(&bytes)}));
            }
        }
    }
    json!({
        "op": "render", "id": chart.display().to_string(), "files": files, "release": "release-name",
        "namespace": "default", "kubeVersion": "v1.37.0",
    })
}

fn objects(manifest: &str) -> Vec<Value> {
    let parsed = parse(&Source::new("helm", manifest), &Limits::default());
    parsed.documents.iter().map(|document| value(document.root())).collect()
}

fn value(node: ironclad_tree::NodeRef<'_>) -> Value {
    let mut json = String::new();
    node.write_json(&mut json);
    serde_json::from_str(&json).unwrap()
}

/// Equal but for what Helm itself makes differently each time.
fn same(ours: &Value, helm: &Value, again: &Value) -> bool {
    match (ours, helm, again) {
        (Value::Object(a), Value::Object(b), Value::Object(c)) => {
            a.len() == b.len()
                && b.iter().all(|(key, b)| a.get(key).is_some_and(|a| same(a, b, c.get(key).unwrap_or(&Value::Null))))
        }
        (Value::Array(a), Value::Array(b), Value::Array(c)) if a.len() == b.len() && b.len() == c.len() => {
            a.iter().zip(b).zip(c).all(|((a, b), c)| same(a, b, c))
        }
        _ => ours == helm || helm != again,
    }
}

#[test]
fn public_charts() {
    let Some(folders) = std::env::var_os("IRONCLAD_CHARTS") else {
        return skipped("render: public charts beside Helm", "IRONCLAD_CHARTS names no folders");
    };
    let mut all = Vec::new();
    std::env::split_paths(&folders).for_each(|folder| charts(&folder, &mut all));
    let ask = || oracle::ask_helm(all.iter().map(|chart| question(chart)));
    let (Some(first), Some(second)) = (ask(), ask()) else {
        return skipped("render: public charts beside Helm", "the Helm oracle is not built");
    };
    let (mut equal, mut refused, mut wrong) = (0, 0, Vec::new());
    for ((chart, helm), again) in all.iter().zip(&first).zip(&second) {
        let rendered = read_folder(chart, "c").map(|files| render(&files, &Options::default()));
        let missing = |message: &str| message.starts_with("dependency ");
        let fails = match &rendered {
            Ok(rendered) => {
                rendered.problems.iter().any(|p| p.problem.severity == Severity::Error && !missing(&p.problem.message))
            }
            Err(_) => true,
        };
        let Some(manifest) = helm["manifest"].as_str() else {
            if fails {
                refused += 1;
                let problems = match &rendered {
                    Ok(rendered) => rendered.problems.iter().map(|p| p.problem.message.as_str()).collect(),
                    Err(problem) => vec![problem.problem.message.as_str()],
                };
                let (name, own) = (chart.display(), problems.join("; "));
                eprintln!("refused by both: {name}\n  ironclad: {own}\n  Helm:     {}", helm["error"]);
            } else {
                wrong.push(format!("{}: Helm says {}", chart.display(), helm["error"]))
            }
            continue;
        };
        let theirs = objects(manifest);
        let again = objects(again["manifest"].as_str().unwrap_or_default());
        let ours: Vec<Value> = rendered
            .iter()
            .flat_map(|rendered| &rendered.manifests)
            .flat_map(|manifest| &manifest.documents)
            .map(|document| value(document.root()))
            .collect();
        let agrees = !fails
            && ours.len() == theirs.len()
            && ours.iter().zip(&theirs).enumerate().all(|(i, (a, b))| same(a, b, again.get(i).unwrap_or(b)));
        if agrees { equal += 1 } else { wrong.push(chart.display().to_string()) }
    }
    eprintln!("{} charts: {equal} the same, {refused} refused by both, {} differ", all.len(), wrong.len());
    assert!(wrong.len() * 50 <= all.len(), "more than 2 % differ:\n{}", wrong.join("\n"));
}
