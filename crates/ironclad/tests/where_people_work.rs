//! The files that others run us by: what they call must exist, and do what they promise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use program::ironclad;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn yaml(file: &str) -> Value {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let parsed = ironclad_tree::parse(&ironclad_tree::Source::new(file, text), &ironclad_tree::Limits::default());
    assert!(parsed.problems.is_empty(), "{file}: {:?}", parsed.problems);
    let mut json = String::new();
    parsed.documents[0].root().write_json(&mut json);
    serde_json::from_str(&json).unwrap()
}

/// pre-commit hands over every changed YAML file, whatever it is.
#[test]
fn the_hooks_judge_manifests_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("compose.yaml", "services: {web: {image: nginx}}\n");
    write("list.yaml", "- a\n- b\n");
    write("template.yaml", "name: {{ .Values.name }}\n");
    write("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostPID: true, containers: []}\n");
    write("bad.yaml", "apiVersion: v1\nkind: [\n");
    for hook in yaml(".pre-commit-hooks.yaml").as_array().unwrap() {
        let mut words = hook["entry"].as_str().unwrap().split(' ');
        let program = if hook["language"] == "docker" { "/ironclad" } else { "ironclad" };
        assert_eq!(words.next(), Some(program));
        let entry: Vec<&str> = words.collect();
        let code = |files: &[&str]| {
            let output = ironclad(&[entry.as_slice(), files].concat(), folder.path());
            output.status.code().unwrap()
        };
        assert_eq!(code(&["compose.yaml", "list.yaml", "template.yaml"]), 0);
        assert_eq!(code(&["compose.yaml", "pod.yaml"]), 1);
        assert_eq!(code(&["compose.yaml", "bad.yaml"]), 2, "a broken manifest is never skipped");
        assert!(
            ironclad(&["scan", "compose.yaml"], folder.path()).status.code() == Some(2),
            "without the flag it is not"
        );
    }
}

/// A commit that touches a chart or an overlay hands over files that mean nothing alone: what they are part of is judged,
/// and nothing else of the tree.
#[test]
fn the_hooks_judge_charts_and_overlays_through_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    fs::create_dir(folder.path().join(".git")).unwrap();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostPID: true, containers: []}\n";
    write("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    write("chart/values.yaml", "pid: true\n");
    write(
        "chart/templates/p.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}}\nspec: {hostPID: {{ .Values.pid }}, containers: []}\n",
    );
    write("base/kustomization.yaml", "resources: [pod.yaml]\n");
    write("base/pod.yaml", pod);
    write("base/beside.yaml", &pod.replace("name: p", "name: beside"));
    write("prod/kustomization.yaml", "resources: [../base]\npatches: [{path: patches/p.yaml}]\n");
    write("prod/patches/p.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostPID: false}\n");
    write("other/pod.yaml", pod);
    let hooks = yaml(".pre-commit-hooks.yaml");
    let entry: Vec<&str> = hooks[0]["entry"].as_str().unwrap().split(' ').skip(1).collect();
    let found = |files: &[&str]| -> Vec<String> {
        let output = ironclad(
            &[entry.as_slice(), &["--format", "json", "--select", "workload/host-pid", "--no-config"], files].concat(),
            folder.path(),
        );
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["errors"], serde_json::json!([]), "{files:?}");
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["location"]["source"].as_str().unwrap().to_owned()).collect()
    };
    for (files, expected) in [
        (&["chart/Chart.yaml"][..], &["chart/values.yaml"][..]),
        (&["chart/values.yaml", "chart/templates/p.yaml"], &["chart/values.yaml"]),
        (&["base/pod.yaml"], &["base/pod.yaml"]),
        (&["base/beside.yaml"], &["base/beside.yaml", "base/pod.yaml"]),
        (&["prod/patches/p.yaml"], &[]),
        (&["prod/kustomization.yaml", "other/pod.yaml"], &["other/pod.yaml"]),
    ] {
        assert_eq!(found(files), expected, "{files:?}");
    }
}

/// Inputs reach the action's scripts through the environment alone: in the text of a script they would be code.
#[test]
fn the_action_runs_no_text_of_strangers() {
    let action = yaml("action.yml");
    assert_eq!(action["runs"]["using"], "composite");
    let known: Vec<&str> = action["inputs"].as_object().unwrap().keys().map(String::as_str).collect();
    for step in action["runs"]["steps"].as_array().unwrap() {
        let script = step["run"].as_str().unwrap();
        assert!(!script.contains("${{"), "{script}");
        for value in step["env"].as_object().into_iter().flatten().map(|(_, value)| value.as_str().unwrap()) {
            if let Some(name) = value.split("inputs.").nth(1).map(|rest| rest.trim_end_matches([' ', '}'])) {
                assert!(known.contains(&name), "{value}");
            }
        }
    }
}

/// The script of the action, in a shell, with what GitHub would set.
#[cfg(unix)]
#[test]
fn the_action_scans() {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    let script = steps.iter().find(|step| step["id"] == "scan").unwrap()["run"].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostPID: true, containers: []}\n";
    fs::write(path("pod.yaml"), pod).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_ironclad")).parent().unwrap();
    let output = Command::new("bash")
        .args(["-e", "-o", "pipefail", "-c", script])
        .current_dir(folder.path())
        .env("PATH", format!("{}:{}", program.display(), std::env::var("PATH").unwrap()))
        .env("PATHS", "pod.yaml")
        .env("ARGUMENTS", "--select workload/host-pid")
        .env("FAIL_ON", "high")
        .env("SARIF", "out.sarif")
        .env("SUMMARY", "true")
        .env("RUNNER_TEMP", folder.path())
        .env("GITHUB_STEP_SUMMARY", path("summary"))
        .env("GITHUB_OUTPUT", path("output"))
        .output();
    let Ok(output) = output else {
        ironclad_testkit::skipped("the script of the GitHub action", "there is no bash here");
        return;
    };
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("::error file=pod.yaml,"));
    assert_eq!(fs::read_to_string(path("output")).unwrap(), "exit-code=1\n");
    assert!(fs::read_to_string(path("summary")).unwrap().contains("workload/host-pid"));
    assert!(fs::read_to_string(path("out.sarif")).unwrap().contains("\"2.1.0\""));
}

/// The image is of nothing but the program, and nobody is root in it.
#[test]
fn the_image_is_small_and_without_root() {
    let text = fs::read_to_string(root().join("Dockerfile")).unwrap();
    let last = text.rsplit("\nFROM ").next().unwrap();
    assert!(last.starts_with("scratch\n") && last.contains("\nUSER 65532:65532\n"), "{last}");
    assert!(last.contains(" /ironclad\n"), "where the hook looks for it");
    assert!(last.contains("org.opencontainers.image.source") && last.contains("ENTRYPOINT [\"/ironclad\"]"));
}
