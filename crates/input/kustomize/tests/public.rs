//! Public kustomizations beside kustomize: every one below the folders that `IRONCLAD_KUSTOMIZATIONS` names (`:` between
//! them). Skipped where none is named. docs/guide/kustomize.md holds the last result.
//!
//! What stands on something remote is refused by us by design and not asked of kustomize, which would fetch it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

mod cases;

use ironclad_kustomize::{Options, kustomization_file, render};
use ironclad_testkit::{oracle, skipped};
use serde_json::json;
use std::path::{Path, PathBuf};

fn kustomizations(folder: &Path, all: &mut Vec<PathBuf>) {
    if kustomization_file(folder).is_some() {
        all.push(folder.to_owned());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries.iter().filter(|path| path.is_dir() && !path.is_symlink()).for_each(|path| kustomizations(path, all));
}

#[test]
fn public_kustomizations() {
    let Some(folders) = std::env::var_os("IRONCLAD_KUSTOMIZATIONS") else {
        return skipped("kustomize: public kustomizations", "IRONCLAD_KUSTOMIZATIONS names no folders");
    };
    let (mut wrong, mut asked) = (Vec::new(), 0);
    let mut reasons: Vec<(String, String, String)> = Vec::new();
    for root in std::env::split_paths(&folders) {
        let root = std::fs::canonicalize(root).unwrap();
        let mut all = Vec::new();
        kustomizations(&root, &mut all);
        let (mut remote, mut components, mut charts, mut questions, mut ours) = (0, 0, 0, Vec::new(), Vec::new());
        for folder in &all {
            let own = kustomization_file(folder).map(|file| std::fs::read_to_string(file).unwrap()).unwrap();
            let name = folder.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            let rendered = render(folder, &name, &Options::default());
            let result = cases::objects(&rendered);
            match &result {
                _ if own.contains("kind: Component") => components += 1,
                _ if own.contains("helmCharts:") => charts += 1,
                Err(message) if message.contains("is remote, and nothing is fetched") => remote += 1,
                _ => {
                    questions.push(json!({"op": "build", "id": name, "root": folder}));
                    ours.push((name, result));
                }
            }
        }
        let Some(answers) = oracle::ask_kustomize(questions) else {
            return skipped("kustomize: public kustomizations", "the kustomize oracle is not built");
        };
        let (mut same, mut refused, before) = (0, 0, wrong.len());
        for ((name, own), answer) in ours.iter().zip(&answers) {
            let theirs: Result<Vec<String>, &str> = match answer.get("error") {
                Some(error) => Err(error.as_str().unwrap()),
                None => Ok(answer["objects"].as_array().unwrap().iter().map(|one| one.to_string()).collect()),
            };
            match (own, &theirs) {
                (Ok(own), Ok(theirs)) if own == theirs => same += 1,
                (Err(own), Err(theirs)) => {
                    refused += 1;
                    reasons.push((name.clone(), own.clone(), (*theirs).to_owned()));
                }
                (Ok(own), Ok(theirs)) => {
                    let first = own.iter().zip(theirs).find(|(a, b)| a != b).map(|(a, b)| {
                        let at = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
                        let part = |text: &str| text.chars().skip(at.saturating_sub(60)).take(160).collect::<String>();
                        format!("\n  ironclad:  {}\n  kustomize: {}", part(a), part(b))
                    });
                    let first = first.unwrap_or_default();
                    wrong.push(format!("{name}: {} and {} objects{first}", own.len(), theirs.len()));
                }
                (Ok(_), Err(error)) => wrong.push(format!("{name}: kustomize refuses it: {error}")),
                (Err(error), Ok(_)) => wrong.push(format!("{name}: we refuse it: {error}")),
            }
        }
        asked += answers.len();
        eprintln!(
            "{}: {} kustomizations, {components} components, {remote} remote, {charts} with charts; of {}: {same} the \
             same, {refused} refused by both, {} differ",
            root.file_name().unwrap_or_default().display(),
            all.len(),
            answers.len(),
            wrong.len() - before
        );
    }
    for (name, own, theirs) in reasons {
        eprintln!("refused by both: {name}\n  ironclad:  {own}\n  kustomize: {theirs}");
    }
    assert!(wrong.is_empty(), "{} of {asked} differ:\n{}", wrong.len(), wrong.join("\n"));
}
