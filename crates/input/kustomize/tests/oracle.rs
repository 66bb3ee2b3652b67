//! Every case of `cases.txt`, and what generated variants make of them, is built by kustomize's own module and by us: the
//! same objects in the same order, or an error on both sides. `differences.txt` lists what differs on purpose.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

mod cases;

use cases::Case;
use serde_json::{Value, json};

/// serde_json sorts keys; whole floats become integers on both sides.
fn canonical(value: Value) -> String {
    value.to_string()
}

#[test]
fn objects_are_those_of_kustomize() {
    let cases = cases::all();
    let question = |case: &Case| json!({"op": "build", "id": case.name, "root": case.root, "files": case.files});
    let Some(answers) = ironclad_testkit::oracle::ask_kustomize(cases.iter().map(question)) else {
        ironclad_testkit::skipped("objects_are_those_of_kustomize", "the kustomize oracle was not built");
        return;
    };
    let meant: Vec<&str> = include_str!("differences.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split(" | ").next().unwrap())
        .collect();
    let (mut wrong, mut errors, mut seen) = (Vec::new(), 0, Vec::new());
    for (case, answer) in cases.iter().zip(&answers) {
        let theirs = match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap().to_owned()),
            None => {
                Ok(answer["objects"].as_array().unwrap().iter().map(|one| canonical(one.clone())).collect::<Vec<_>>())
            }
        };
        let (rendered, _folder) = case.render();
        let own = cases::objects(&rendered);
        errors += usize::from(theirs.is_err());
        if let (Err(error), false) = (&theirs, case.name.contains("error") || case.name.contains(" under ")) {
            wrong.push(format!("{}: kustomize refuses it, and its name does not say so: {error}", case.name));
        }
        let same = match (&own, &theirs) {
            (Ok(own), Ok(theirs)) => own == theirs,
            (Err(_), Err(_)) => true,
            _ => false,
        };
        if meant.contains(&case.name.as_str()) {
            seen.push(case.name.as_str());
            if same {
                wrong.push(format!("{}: listed as different, and is the same", case.name));
            }
        } else if !same {
            wrong.push(format!("{}\n  kustomize: {}\n  ironclad:  {}", case.name, shown(&theirs), shown(&own)));
        }
    }
    assert_eq!(seen.len(), meant.len(), "every difference names a case: {meant:?}");
    assert!(cases.len() >= 150, "{} cases", cases.len());
    assert!(wrong.is_empty(), "{} of {} differ ({errors} errors):\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn shown(result: &Result<Vec<String>, String>) -> String {
    match result {
        Ok(all) => all.join("\n             "),
        Err(error) => format!("error: {error}"),
    }
}
