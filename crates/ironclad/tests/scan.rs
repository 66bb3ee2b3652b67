//! The program as a user runs it: exit codes, robustness, the same bytes on every run, output that keeps its schemas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout, reason = "a test")]

#[path = "support/program.rs"]
mod program;
#[path = "support/schema.rs"]
mod schema;

use ironclad_testkit::{corpus, skipped};
use program::{command, ironclad, ironclad_reading, json};
use schema::check;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostPID: true\n  containers:\n  - {name: c, image: nginx}\n";

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

#[test]
fn exit_codes_say_what_happened() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("pod.yaml"), POD).unwrap();
    fs::write(root.join("bad.yaml"), "apiVersion: v1\nkind: Pod\n\tx: 1\n").unwrap();
    fs::write(root.join("notes.yaml"), "- milk\n- eggs\n").unwrap();
    fs::create_dir(root.join("empty")).unwrap();
    for (arguments, expected) in [
        (vec!["scan", "pod.yaml"], 1),
        (vec!["scan", "pod.yaml", "--fail-on", "never"], 0),
        (vec!["scan", "pod.yaml", "--fail-on", "critical"], 0),
        (vec!["scan", "pod.yaml", "--select", "image/"], 0),
        (vec!["scan", "pod.yaml", "bad.yaml", "--fail-on", "never"], 2),
        (vec!["scan", "."], 2),
        (vec!["scan", "notes.yaml"], 2),
        (vec!["scan", "empty"], 2),
        (vec!["scan", "empty", "--allow-empty"], 0),
        (vec!["scan", "missing.yaml"], 2),
        (vec!["scan", "pod.yaml", "--select", "no/such"], 2),
        (vec!["scan", "pod.yaml", "--profile", "nonsense"], 2),
        (vec!["scan", "pod.yaml", "--jobs", "0"], 2),
        (vec!["scan", "pod.yaml", "-o", "report.unknown"], 2),
        (vec!["nonsense"], 2),
        (vec!["explain", "workload/privileged"], 0),
        (vec!["explain", "no/such"], 2),
        (vec!["checks"], 0),
        (vec!["render", "pod.yaml"], 0),
        (vec!["render", "bad.yaml"], 2),
        (vec!["config", "show"], 0),
        (vec!["completions", "bash"], 0),
        (vec!["--version"], 0),
    ] {
        let output = ironclad(&arguments, root);
        assert_eq!(code(&output), expected, "{arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn broken_inputs_cost_only_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let good = POD.replace("name: p", "name: good");
    fs::write(root.join("a.yaml"), format!("{POD}---\nkind: [\n---\n{good}")).unwrap();
    fs::write(root.join("deep.yaml"), format!("apiVersion: v1\nkind: X\nspec: {}", "[".repeat(10_001))).unwrap();
    let mut bomb = "apiVersion: v1\nkind: X\na: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (name, before) in "bcdefgh".chars().zip("abcdefg".chars()) {
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 10].join(",")));
    }
    fs::write(root.join("bomb.yaml"), bomb).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root, root.join("loop")).unwrap();
    }
    let output = ironclad(&["scan", ".", "--format", "json", "--max-file-size", "1"], root);
    assert_eq!(code(&output), 2);
    let report = json(&output);
    let codes: Vec<&str> = report["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
    for expected in ["input/yaml-syntax", "input/depth", "input/alias"] {
        assert!(codes.contains(&expected), "{expected} in {codes:?}");
    }
    let names: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|f| f["object"]["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"p") && names.contains(&"good"), "{names:?}");
    // One byte above the limit is not read, and said so.
    fs::write(root.join("large.yaml"), format!("{POD}# {}", "x".repeat(1 << 20))).unwrap();
    let report = json(&ironclad(&["scan", "large.yaml", "--format", "json", "--max-file-size", "1"], root));
    assert_eq!(report["errors"][0]["code"], "input/size");
}

#[test]
fn a_document_of_64_mib_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = POD.to_owned();
    text.push_str("data: |\n");
    while text.len() < (64 << 20) - 200 {
        text.push_str("  a line of text that is sixty-four bytes long with its line feed!\n");
    }
    fs::write(folder.path().join("large.yaml"), &text).unwrap();
    let report = json(&ironclad(&["scan", "large.yaml", "--format", "json"], folder.path()));
    assert_eq!(report["errors"].as_array().map(Vec::len), Some(0));
    assert_eq!(report["summary"]["objects"], 1);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let many: String = (0..3000).map(|i| format!("{}---\n", POD.replace("name: p", &format!("name: p{i}")))).collect();
    fs::write(folder.path().join("many.yaml"), many).unwrap();
    let mut child = command(&["scan", "many.yaml", "-v"], folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked") && !stderr.contains("Broken pipe"), "{stderr}");
}

#[test]
fn the_same_bytes_for_any_number_of_threads_and_any_order() {
    let Some(root) = corpus("workload/kube-score") else {
        skipped("determinism over a corpus", "corpus workload/kube-score is not here");
        return;
    };
    let mut files: Vec<String> = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "yaml") {
                files.push(path.strip_prefix(&root).unwrap().display().to_string());
            }
        }
    }
    files.sort();
    let run = |jobs: &str, files: &[String]| {
        let mut arguments = vec!["scan", "--profile", "all", "--format", "json", "--jobs", jobs, "--no-config"];
        arguments.extend(files.iter().map(String::as_str));
        ironclad(&arguments, &root).stdout
    };
    let first = run("1", &files);
    assert!(first.len() > 10_000);
    assert_eq!(first, run("7", &files));
    files.reverse();
    assert_eq!(first, run("2", &files));
}

#[test]
fn json_keeps_its_schema() {
    let schema: Value = serde_json::from_str(ironclad_report::JSON_SCHEMA).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let waived = POD.replace(
        "hostPID: true",
        "hostPID: true   # ironclad: ignore[workload/host-pid] agent; by=a; expires=2030-01-01",
    );
    fs::write(folder.path().join("a.yaml"), format!("{waived}---\n{POD}---\nkind: [\n")).unwrap();
    fs::write(folder.path().join("b.yaml"), "not: kubernetes\n").unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for arguments in [
        vec!["scan", ".", "--format", "json", "--profile", "all"],
        vec!["scan", "empty", "--format", "json"],
        vec!["scan", "a.yaml", "--format", "json", "--pss", "restricted"],
        vec!["scan", "missing", "--format", "json"],
    ] {
        check(&schema, &schema, &json(&ironclad(&arguments, folder.path())), "");
    }
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
    check(&schema, &schema, &json(&ironclad(&["scan", ".", "--format", "json", "--profile", "all"], &shop)), "");
}

#[test]
fn sarif_is_whole_even_when_there_is_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a b.yaml"), POD).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let report = json(&ironclad(&["scan", "a b.yaml", "--format", "sarif"], folder.path()));
    assert_eq!(report["version"], "2.1.0");
    let run = &report["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b.yaml");
        let region = &place["region"];
        assert!(region["startLine"].as_u64().unwrap() >= 1 && region["endColumn"].as_u64().unwrap() >= 1);
        assert!(matches!(result["level"].as_str(), Some("error" | "warning" | "note")));
        assert_eq!(result["partialFingerprints"]["ironclad/v1"].as_str().map(str::len), Some(32));
    }
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let report = json(&ironclad(&["scan", "empty", "--format", "sarif"], folder.path()));
    assert_eq!(report["runs"][0]["results"].as_array().map(Vec::len), Some(0));
    assert_eq!(report["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn several_reports_of_one_run() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), POD).unwrap();
    let files = [
        "r.sarif",
        "r.json",
        "junit=r.junit",
        "github=r.log",
        "r.txt",
        "r.md",
        "r.html",
        "r.csv",
        "gitlab=gl.json",
        "openreports=or.json",
        "policyreport=pr.json",
    ];
    let mut arguments = vec!["scan", "a.yaml"];
    files.iter().for_each(|file| arguments.extend(["-o", file]));
    let output = ironclad(&arguments, folder.path());
    assert_eq!(code(&output), 1);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("pod shares the processes of the node"));
    assert!(read("r.sarif").contains("\"2.1.0\""));
    assert!(read("r.json").contains("ironclad.findings/v1"));
    assert!(read("r.junit").starts_with("<?xml"));
    assert!(
        read("r.log").contains("::error file=a.yaml,line=5,endLine=5,col=3,endColumn=16,title=workload/host-pid::")
    );
    assert!(read("r.md").starts_with("## ironclad") && read("r.html").starts_with("<!doctype html>"));
    assert!(read("r.csv").starts_with("status,severity,check,") && read("gl.json").contains("\"check_name\""));
    assert!(read("or.json").contains("openreports.io/v1alpha1") && read("pr.json").contains("wgpolicyk8s.io/v1alpha2"));
    assert!(!read("r.txt").contains('\u{1b}'), "a file has no colour");
}

#[test]
fn fingerprints_survive_reformatting() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), POD).unwrap();
    let of = || -> Vec<String> {
        let report = json(&ironclad(&["scan", "a.yaml", "--format", "json"], folder.path()));
        let mut all: Vec<String> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["fingerprint"].as_str().unwrap().to_owned())
            .collect();
        all.sort();
        all
    };
    let before = of();
    assert!(before.len() > 3);
    let json = "{\"kind\":\"Pod\",\n\n\"spec\":{\"containers\":[{\"image\":\"nginx\",\"name\":\"c\"}],\"hostPID\":true},\"metadata\":{\"name\":\"p\"},\"apiVersion\":\"v1\"}";
    fs::write(folder.path().join("a.yaml"), json).unwrap();
    assert_eq!(before, of());
}

#[test]
fn waivers_of_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let object = POD.replace(
        "metadata: {name: p}",
        "metadata:\n  name: annotated\n  annotations: {ironclad.dev/ignore.workload.host-pid: 'agent; expires=2030-01-01'}",
    );
    let expired = POD
        .replace("name: p", "name: expired")
        .replace("hostPID: true", "hostPID: true # ironclad: ignore[workload/host-pid] once; expires=2026-11-01");
    fs::write(root.join("a.yaml"), format!("{object}---\n{expired}---\n{}", POD.replace("name: p", "name: listed")))
        .unwrap();
    fs::write(root.join("file.yaml"), format!("# ironclad: ignore-file[workload/host-pid] all agents\n---\n{POD}"))
        .unwrap();
    fs::write(
        root.join("ironclad.yaml"),
        "waivers:\n- checks: [workload/host-*]\n  reason: known\n  object: {kind: Pod, name: listed}\n- checks: [workload/sysctls]\n  reason: none left\n",
    )
    .unwrap();
    let report = json(&ironclad(&["scan", ".", "--format", "json", "--select", "workload/,manifest/"], root));
    let mut states: Vec<(String, String, String)> = Vec::new();
    for finding in report["findings"].as_array().unwrap() {
        let check = finding["check"].as_str().unwrap();
        if check == "workload/host-pid" || check.starts_with("manifest/") {
            let name = finding["object"]["name"].as_str().unwrap_or("-").to_owned();
            let form = finding["waiver"]["form"].as_str().unwrap_or("-").to_owned();
            states.push((check.to_owned(), name, form));
        }
    }
    states.sort();
    let expected = [
        ("manifest/expired-waiver", "expired", "-"),
        ("manifest/unused-waiver", "-", "-"),
        ("workload/host-pid", "annotated", "annotation"),
        ("workload/host-pid", "expired", "-"),
        ("workload/host-pid", "listed", "config"),
        ("workload/host-pid", "p", "comment"),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect();
    assert_eq!(states, expected);
    // A lock of the organisation opens them all again, and says so.
    fs::write(root.join("org.yaml"), "checks: {workload/host-pid: {locked: true}}\n").unwrap();
    let arguments = [
        "scan",
        "a.yaml",
        "file.yaml",
        "--format",
        "json",
        "--select",
        "workload/,manifest/",
        "--policy-config",
        "org.yaml",
    ];
    let report = json(&ironclad(&arguments, root));
    assert_eq!(report["summary"]["waived"], 0);
    let denied =
        |f: &&Value| f["check"] == "manifest/invalid-waiver" && f["message"].as_str().unwrap().contains("locks");
    assert!(report["findings"].as_array().unwrap().iter().filter(denied).count() >= 3);
}

/// The range of a finding, cut out of its source, holds the value that the finding is about.
#[test]
fn ranges_hold_what_findings_speak_of() {
    let Some(root) = corpus("workload") else {
        skipped("ranges of findings over the corpora", "corpus workload is not here");
        return;
    };
    let mut seen = 0;
    for tool in ["kube-linter", "kube-score", "kubeaudit", "polaris", "trivy-checks", "regolibrary"] {
        let request = ironclad_load::Request::of(vec![root.join(tool)]);
        let loaded = ironclad_load::load(&request, &ironclad_load::Progress::default());
        let selection = ironclad_check::Selection {
            profile: ironclad_check::ProfileName::All,
            ..ironclad_check::Selection::default()
        };
        let enabled = selection.resolve(&ironclad::catalogue()).unwrap();
        let config = ironclad_check::RunConfig { enabled, version: 37, strict: true, ..Default::default() };
        let outcome = ironclad_check::run(&loaded.snapshot, &config);
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        for finding in &outcome.findings {
            let object = loaded.snapshot.object(finding.object).unwrap();
            let document = object.document();
            let text = document.source().text();
            let cut = &text[finding.span.start as usize..finding.span.end as usize];
            let context = || format!("{} {} {:?} cuts {cut:?}", object.source_name(), finding.check, finding.pointer);
            let node = document.node(finding.place.node);
            if finding.place.missing.is_empty() {
                let found = object.root().at_pointer(&finding.pointer).map(|n| n.id());
                assert_eq!(found, Some(node.id()), "{}", context());
                if let Some(value) = node.text().filter(|_| finding.place.part.is_none() && !node.via_alias()) {
                    let span = node.span();
                    let written = &text[span.start as usize..span.end as usize];
                    assert!(cut.ends_with(written), "{}: {value}", context());
                }
                if let Some(entry) =
                    document.entry_of(node.id()).filter(|e| finding.place.part.is_none() && !e.merged())
                {
                    let key = entry.key_span();
                    assert!(cut.starts_with(&text[key.start as usize..key.end as usize]), "{}", context());
                }
            } else {
                let last = finding.place.missing.last().unwrap().replace('~', "~0").replace('/', "~1");
                assert!(finding.pointer.ends_with(&last), "{}", context());
            }
            seen += 1;
        }
    }
    println!("{seen} findings hold");
    assert!(seen > 5_000);
}

/// `--assume-namespace` puts objects that name no namespace into one, and leaves alone what lives in none.
#[test]
fn an_assumed_namespace_is_where_nameless_objects_are() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let text = "apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: web}
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: web}
";
    fs::write(root.join("web.yaml"), text).unwrap();
    let found = |more: &[&str]| -> Vec<String> {
        let select = ["scan", "web.yaml", "--format", "json", "--select", "wiring/dangling-service,namespace/default"];
        let report = json(&ironclad(&[&select, more].concat(), root));
        let one = |f: &Value| format!("{} {} {}", f["check"], f["object"]["kind"], f["path"]).replace('"', "");
        report["findings"].as_array().unwrap().iter().map(one).collect()
    };
    assert_eq!(found(&[]), ["wiring/dangling-service Service /spec/selector"]);
    assert!(found(&["--assume-namespace", "shop"]).is_empty());
    let there = ["namespace/default Pod /metadata/namespace", "wiring/dangling-service Service /spec/selector"];
    assert_eq!(found(&["--assume-namespace", "default"]), there);
    fs::write(root.join("ironclad.yaml"), "assume-namespace: shop\n").unwrap();
    assert!(found(&[]).is_empty());
    assert_eq!(code(&ironclad(&["scan", "web.yaml", "--assume-namespace", "No_Name"], root)), 2);
}

/// Who may list Secrets is not also told to be able to read them by name, unless nobody else says it.
#[test]
fn a_graver_finding_speaks_for_the_lighter_one() {
    let folder = tempfile::tempdir().unwrap();
    let role = |verbs: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules:\n- {{apiGroups: [\"\"], resources: [secrets], verbs: [{verbs}]}}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: b}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}}\nsubjects: [{{kind: Group, apiGroup: rbac.authorization.k8s.io, name: g}}]\n"
        )
    };
    for (verbs, select, expected) in [
        ("get, list", "rbac/secrets-get,rbac/secrets-read-all", vec!["rbac/secrets-read-all"]),
        ("get, list", "rbac/secrets-get", vec!["rbac/secrets-get"]),
        ("get", "rbac/secrets-get,rbac/secrets-read-all", vec!["rbac/secrets-get"]),
    ] {
        std::fs::write(folder.path().join("r.yaml"), role(verbs)).unwrap();
        let report =
            json(&ironclad(&["scan", "r.yaml", "--no-config", "--format", "json", "--select", select], folder.path()));
        let found: Vec<&str> =
            report["findings"].as_array().unwrap().iter().map(|f| f["check"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{verbs} with {select}");
    }
}

/// The report names, of each finding, the fix that asks least, and in the end the command that makes them, to be pasted.
#[test]
fn the_report_ends_with_the_command_that_fixes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pod.yaml"), POD).unwrap();
    let select = "workload/host-pid,workload/read-only-root-fs,reliability/memory-limit,image/tag-latest";
    let text = |arguments: &[&str]| String::from_utf8(ironclad(arguments, folder.path()).stdout).unwrap();
    let report = text(&["scan", "pod.yaml", "--no-config", "--select", select]);
    for line in [
        "  = fix: remove `hostPID: true`",
        "  = fix: set `readOnlyRootFilesystem: true`",
        "  = fix: set the memory limit, with --memory-limit QUANTITY",
        "to fix (without --write it shows the edits)",
        &format!("  2 of 4 findings: ironclad fix pod.yaml --no-config --select {select} --write"),
        "  1 more with --memory-limit QUANTITY",
    ] {
        assert!(report.lines().any(|known| known.ends_with(line)), "{line}\n{report}");
    }

    let fixed = ironclad(&["fix", "pod.yaml", "--no-config", "--select", select, "--write"], folder.path());
    assert!(String::from_utf8_lossy(&fixed.stderr).contains("fixed 2 findings in 1 file"), "{fixed:?}");
    let left = text(&["scan", "pod.yaml", "--no-config", "--select", select]);
    assert!(left.contains("  1 of 2 findings: ironclad fix pod.yaml --no-config --select"), "{left}");
    assert!(left.contains(" --memory-limit QUANTITY --write\n"), "{left}");

    // Nothing is said where nothing can be done, and a text that was piped in has no file to write to.
    let none = text(&["scan", "pod.yaml", "--no-config", "--select", "image/tag-latest"]);
    assert!(!none.contains("to fix"), "{none}");
    let piped = ["scan", "-", "--no-config", "--select", "workload/host-pid"];
    let piped = String::from_utf8(ironclad_reading(POD.as_bytes(), &piped, folder.path()).stdout).unwrap();
    let line = "to fix\n  1 of 1 finding: ironclad fix - --no-config --select workload/host-pid\n";
    assert!(piped.contains(line), "{piped}");
}
