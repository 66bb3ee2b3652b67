//! `ironclad fix`, scans with a baseline, and comparison with a git revision, on real files and repositories.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use program::{folder, ironclad_reading};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  hostPID: true  # why\n  containers:\n  - name: web\n    image: nginx:1.27\n";

fn ironclad(folder: &Path, arguments: &[&str], input: Option<&[u8]>) -> Output {
    ironclad_reading(input.unwrap_or_default(), &[arguments, &["--no-config"]].concat(), folder)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn read(folder: &TempDir, name: &str) -> Vec<u8> {
    std::fs::read(folder.path().join(name)).unwrap()
}

#[test]
fn every_encoding_stays_as_it_was() {
    let fixed = POD.replace("  hostPID: true  # why\n", "");
    let crlf = |text: &str| text.replace('\n', "\r\n").into_bytes();
    let marked = |text: &str| [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let little = |text: &str| {
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect::<Vec<u8>>()
    };
    let big = |text: &str| {
        [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect::<Vec<u8>>()
    };
    let files: [(&str, Vec<u8>, Vec<u8>); 4] = [
        ("crlf.yaml", crlf(POD), crlf(&fixed)),
        ("mark.yaml", marked(POD), marked(&fixed)),
        ("little.yaml", little(POD), little(&fixed)),
        ("big.yaml", big(POD), big(&fixed)),
    ];
    for (name, before, after) in files {
        let folder = folder(&[(name, &before)]);
        let output = ironclad(folder.path(), &["fix", name, "--write", "--select", "workload/host-pid"], None);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", said(&output));
        assert_eq!(read(&folder, name), after, "{name}");
        let piped = ironclad(folder.path(), &["fix", "-", "--select", "workload/host-pid"], Some(&before));
        assert_eq!(piped.stdout, after, "{name} through a pipe: {}", said(&piped));
    }
}

#[test]
fn what_cannot_be_written_as_it_was_is_left_alone() {
    let broken = POD.replace("# why", "# caf\u{FFFD}").into_bytes();
    let broken: Vec<u8> = String::from_utf8(broken).unwrap().replace('\u{FFFD}', "\u{1}").into_bytes();
    let broken: Vec<u8> = broken.into_iter().map(|byte| if byte == 1 { 0xE9 } else { byte }).collect();
    let folder = folder(&[("a.yaml", &broken)]);
    let output = ironclad(folder.path(), &["fix", "a.yaml", "--write", "--select", "workload/host-pid"], None);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("fix/encoding"), "{}", said(&output));
    assert_eq!(read(&folder, "a.yaml"), broken);
}

#[test]
fn one_broken_document_does_not_keep_the_others_from_being_fixed() {
    let text = format!("{POD}---\nkind: [\n---\n{}", POD.replace("web}", "other}"));
    let folder = folder(&[("a.yaml", text.as_bytes())]);
    let output = ironclad(folder.path(), &["fix", "a.yaml", "--write", "--select", "workload/host-pid"], None);
    assert_eq!(output.status.code(), Some(2), "what could not be read is still an error");
    let after = String::from_utf8(read(&folder, "a.yaml")).unwrap();
    assert!(!after.contains("hostPID") && after.contains("kind: [\n"), "{after}");
}

#[cfg(unix)]
#[test]
fn files_that_must_not_be_written_are_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder(&[("a.yaml", POD.as_bytes()), ("b.yaml", POD.replace("web}", "b}").as_bytes())]);
    let path = folder.path().join("a.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    let output = ironclad(folder.path(), &["fix", ".", "--write", "--select", "workload/host-pid"], None);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("a.yaml: is read-only"), "{}", said(&output));
    assert_eq!(read(&folder, "a.yaml"), POD.as_bytes());
    assert!(!String::from_utf8(read(&folder, "b.yaml")).unwrap().contains("hostPID"), "the others are written");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn the_exit_code_is_that_of_what_remains() {
    let folder = folder(&[("a.yaml", POD.as_bytes())]);
    let code = |arguments: &[&str]| ironclad(folder.path(), arguments, None).status.code();
    assert_eq!(code(&["fix", "a.yaml", "--select", "workload/host-pid"]), Some(0));
    assert_eq!(code(&["scan", "a.yaml", "--select", "workload/host-pid"]), Some(1), "a diff changes nothing");
    let uid = POD.replace("hostPID: true  # why", "securityContext: {runAsUser: 0}");
    std::fs::write(folder.path().join("a.yaml"), uid).unwrap();
    assert_eq!(code(&["fix", "a.yaml", "--select", "workload/run-as-uid-0"]), Some(1), "not without --unsafe");
    assert_eq!(code(&["fix", "a.yaml", "--select", "workload/run-as-uid-0", "--unsafe"]), Some(0));
    assert_eq!(code(&["fix", "nowhere.yaml"]), Some(2));
}

#[test]
fn waived_and_baselined_findings_are_not_fixed() {
    let waived = POD.replace("# why", "# ironclad: ignore[workload/host-pid] debugging");
    let folder = folder(&[("a.yaml", waived.as_bytes()), ("b.yaml", POD.replace("web}", "b}").as_bytes())]);
    let select = ["--select", "workload/host-pid"];
    let scan = ironclad(folder.path(), &[&["scan", ".", "--write-baseline", "known.json"], &select[..]].concat(), None);
    assert_eq!(scan.status.code(), Some(0), "{}", said(&scan));
    let fix = [&["fix", ".", "--baseline", "known.json"], &select[..]].concat();
    let output = ironclad(folder.path(), &fix, None);
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn reports_offer_what_fix_does() {
    let folder = folder(&[("a.yaml", POD.as_bytes())]);
    let arguments =
        ["scan", "a.yaml", "--select", "workload/host-pid,workload/run-as-uid-0,image/no-digest", "--format"];
    let json: Value =
        serde_json::from_slice(&ironclad(folder.path(), &[&arguments[..], &["json"]].concat(), None).stdout).unwrap();
    let fixable: Vec<bool> =
        json["findings"].as_array().unwrap().iter().map(|f| f["fixable"].as_bool().unwrap()).collect();
    assert_eq!((fixable, json["summary"]["fixable"].as_u64()), (vec![true, false], Some(1)));
    let sarif: Value =
        serde_json::from_slice(&ironclad(folder.path(), &[&arguments[..], &["sarif"]].concat(), None).stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let fix = &results[0]["fixes"][0];
    let region = &fix["artifactChanges"][0]["replacements"][0]["deletedRegion"];
    assert_eq!((region["startLine"].as_u64(), region["endLine"].as_u64()), (Some(5), Some(6)), "{fix}");
    assert!(results[1].get("fixes").is_none());
}

/// A baseline knows findings wherever they move; what is new is open, what is gone is counted.
#[test]
fn baselines_know_findings_by_what_they_are() {
    let folder = folder(&[("a.yaml", POD.as_bytes())]);
    let select = ["--select", "workload/host-pid,workload/host-ipc"];
    let run = |arguments: &[&str]| ironclad(folder.path(), &[arguments, &select[..]].concat(), None);
    assert_eq!(run(&["scan", ".", "--write-baseline", "known.json"]).status.code(), Some(0));
    let moved = format!("# moved\n\n{}", POD.replace("  hostPID: true  # why\n", "  hostPID:   true\n"));
    std::fs::write(folder.path().join("a.yaml"), &moved).unwrap();
    assert_eq!(run(&["scan", ".", "--baseline", "known.json"]).status.code(), Some(0));
    std::fs::write(folder.path().join("a.yaml"), moved.replace("  hostPID:   true\n", "  hostIPC: true\n")).unwrap();
    let output = run(&["scan", ".", "--baseline", "known.json", "-v"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("known.json: 1 entry matches no finding here"), "{}", said(&output));
    assert!(said(&output).contains("workload/host-pid in Pod web"), "{}", said(&output));
    std::fs::write(folder.path().join("known.json"), "{}").unwrap();
    let output = run(&["scan", ".", "--baseline", "known.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("not a baseline"), "{}", said(&output));
}

#[test]
fn an_incomplete_scan_writes_no_baseline() {
    let folder = folder(&[("a.yaml", POD.as_bytes()), ("b.yaml", b"kind: [\n")]);
    let output = ironclad(folder.path(), &["scan", ".", "--write-baseline", "known.json"], None);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("known.json is not written"), "{}", said(&output));
    assert!(!folder.path().join("known.json").exists());
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]);
    let output = command.args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", said(&output));
}

fn has_git() -> bool {
    Command::new("git").arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_revision_tells_what_is_new() {
    if !has_git() {
        return ironclad_testkit::skipped("fix::a_revision_tells_what_is_new", "no git");
    }
    let folder =
        folder(&[("deploy/a.yaml", POD.as_bytes()), ("deploy/gone.yaml", POD.replace("web}", "gone}").as_bytes())]);
    let root = folder.path();
    git(root, &["init", "-q"]);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "one"]);
    let select = ["--select", "workload/host-pid,workload/host-ipc", "--format", "json"];
    let run = |place: &str, arguments: &[&str]| ironclad(&root.join(place), &[arguments, &select[..]].concat(), None);
    let open = |output: &Output| -> Vec<String> {
        let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)));
        let findings = json["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] == "open");
        findings
            .map(|f| format!("{} {}", f["check"].as_str().unwrap(), f["location"]["source"].as_str().unwrap()))
            .collect()
    };
    // Moved to another file, changed in another way, and a new one: only that is new.
    std::fs::rename(root.join("deploy/gone.yaml"), root.join("deploy/renamed.yaml")).unwrap();
    std::fs::write(root.join("deploy/a.yaml"), POD.replace("  hostPID", "  hostIPC: true\n  hostPID")).unwrap();
    std::fs::write(root.join("deploy/new.yaml"), POD.replace("web}", "new}")).unwrap();
    for (place, argument) in [("", "."), ("", "deploy"), ("deploy", "."), ("deploy", "../deploy"), ("deploy", "*.yaml")]
    {
        let output = run(place, &["scan", argument, "--diff-base", "HEAD"]);
        let found: Vec<String> =
            open(&output).iter().map(|line| line.rsplit(['/', ' ']).next().unwrap().to_owned()).collect();
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert_eq!(found, ["a.yaml", "new.yaml"], "{argument} in `{place}`: {}", said(&output));
    }
    let whole = root.join("deploy").to_string_lossy().into_owned();
    assert_eq!(open(&run("", &["scan", &whole, "--diff-base", "HEAD"])).len(), 2);
    // A file that was not there yet is new as a whole.
    assert_eq!(open(&run("", &["scan", "deploy/new.yaml", "--diff-base", "HEAD"])).len(), 1);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "two"]);
    assert_eq!(run("", &["scan", ".", "--diff-base", "HEAD"]).status.code(), Some(0));
    assert_eq!(open(&run("", &["scan", ".", "--diff-base", "HEAD~1"])).len(), 2);
}

#[test]
fn what_git_cannot_say_is_an_error() {
    if !has_git() {
        return ironclad_testkit::skipped("fix::what_git_cannot_say_is_an_error", "no git");
    }
    let folder = folder(&[("a.yaml", POD.as_bytes())]);
    let run = |arguments: &[&str]| ironclad(folder.path(), arguments, None);
    let outside = run(&["scan", ".", "--diff-base", "HEAD"]);
    assert_eq!(outside.status.code(), Some(2));
    assert!(said(&outside).contains("in no git work tree"), "{}", said(&outside));
    git(folder.path(), &["init", "-q"]);
    for name in ["HEAD", "nowhere", "--help", "HEAD:a.yaml"] {
        let output = run(&["scan", ".", &format!("--diff-base={name}")]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(said(&output).contains("is no revision of"), "{name}: {}", said(&output));
    }
    let stdin = run(&["scan", "-", "--diff-base", "HEAD"]);
    assert_eq!(stdin.status.code(), Some(2));
    assert!(said(&stdin).contains("standard input has no git revision"), "{}", said(&stdin));
}

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";

/// `fix --write` on a chart with this template and these values: what they are then, and what was said.
fn fixed_chart(template: &str, values: &str, arguments: &[&str]) -> (String, String, Output) {
    let folder = folder(&[
        ("web/Chart.yaml", CHART.as_bytes()),
        ("web/templates/pod.yaml", template.as_bytes()),
        ("web/values.yaml", values.as_bytes()),
    ]);
    let output = ironclad(folder.path(), &[&["fix", "web", "--write"], arguments].concat(), None);
    let text = |name: &str| String::from_utf8(read(&folder, name)).unwrap();
    (text("web/templates/pod.yaml"), text("web/values.yaml"), output)
}

const HEAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n";

#[test]
fn what_a_chart_prints_is_fixed_where_it_comes_from() {
    let host = ["--select", "workload/host-pid"];
    let privileged = ["--select", "workload/privileged"];
    let escalation = ["--select", "workload/privilege-escalation"];
    let container = "  containers:\n  - name: web\n    image: nginx:1.27\n";
    // The template's own text.
    let template = format!("{HEAD}  hostPID: true # {{{{ .Values.a }}}}\n{container}");
    let (after, _, output) = fixed_chart(&template, "a: 1\n", &host);
    assert_eq!(after, template.replace("true", "false"), "an action stands on the line: {}", said(&output));
    let template = format!("{HEAD}  hostPID: {{{{ not false }}}}\n{container}");
    let (after, _, output) = fixed_chart(&template, "a: 1\n", &host);
    assert_eq!(after, template, "an action makes the value: {}", said(&output));
    assert!(said(&output).contains("web/templates/pod.yaml:5"), "{}", said(&output));
    assert_eq!(output.status.code(), Some(2));
    let template = format!("{HEAD}  hostPID: true # plain\n{container}");
    let (after, values, output) = fixed_chart(&template, "a: 1\n", &host);
    assert_eq!(after, format!("{HEAD}{container}"), "{}", said(&output));
    assert_eq!((values.as_str(), output.status.code()), ("a: 1\n", Some(0)));
    // A value that a template prints.
    let template = format!("{HEAD}  hostPID: {{{{ .Values.pid }}}}\n{container}");
    let (after, values, output) = fixed_chart(&template, "pid: true  # why\n", &host);
    assert_eq!((after, values.as_str()), (template, "pid: false  # why\n"), "{}", said(&output));
    // A mapping that is printed whole: an entry goes, and another comes.
    let template =
        format!("{HEAD}{container}    securityContext:\n      {{{{- toYaml .Values.context | nindent 6 }}}}\n");
    let values = "context:\n  runAsNonRoot: true\n  privileged: true # really\n  capabilities: {}\n";
    let (after, now, output) = fixed_chart(&template, values, &privileged);
    assert_eq!(after, template);
    assert_eq!(now, "context:\n  runAsNonRoot: true\n  capabilities: {}\n", "{}", said(&output));
    let (_, now, output) = fixed_chart(&template, "context:\n  runAsNonRoot: true\n", &escalation);
    assert_eq!(now, "context:\n  runAsNonRoot: true\n  allowPrivilegeEscalation: false\n", "{}", said(&output));
    let (_, now, output) = fixed_chart(&template, "context: {}\n", &escalation);
    assert_eq!(now, "context: {allowPrivilegeEscalation: false}\n", "{}", said(&output));
    // A field that is missing from what the template itself says.
    let policy = "  containers:\n  - name: web\n    imagePullPolicy: {{ .Values.policy }}\n    image: nginx:1.27\n";
    let template = format!("{HEAD}{policy}");
    let (after, _, output) = fixed_chart(&template, "policy: Always\n", &escalation);
    assert!(
        after.contains("    securityContext:\n      allowPrivilegeEscalation: false\n"),
        "{after}{}",
        said(&output)
    );
    assert!(after.contains("{{ .Values.policy }}"), "{after}");
}

#[test]
fn a_value_that_another_object_needs_stays() {
    let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {pid: \"{{ .Values.pid }}\"}\n";
    let template = format!(
        "{HEAD}  hostPID: {{{{ .Values.pid }}}}\n  containers:\n  - name: web\n    image: nginx:1.27\n---\n{other}"
    );
    let (_, values, output) = fixed_chart(&template, "pid: true\n", &["--select", "workload/host-pid"]);
    assert_eq!(values, "pid: true\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("fix/rendered"), "{}", said(&output));
    // Given by an argument, there is nothing to edit.
    let (_, values, output) =
        fixed_chart(&template, "pid: false\n", &["--select", "workload/host-pid", "--set", "pid=true"]);
    assert_eq!(values, "pid: false\n");
    assert!(said(&output).contains("`--set`"), "{}", said(&output));
}

#[test]
fn a_chart_says_no_where_nothing_can_go() {
    // The only entry of a mapping that is printed whole: without it, `null` would come out.
    let container = "  containers:\n  - name: web\n    image: nginx:1.27\n";
    let template =
        format!("{HEAD}{container}    securityContext:\n      {{{{- toYaml .Values.context | nindent 6 }}}}\n");
    let (after, values, output) =
        fixed_chart(&template, "context:\n  privileged: true # really\n", &["--select", "workload/privileged"]);
    assert_eq!(after, template);
    assert_eq!(values, "context:\n  privileged: false # really\n", "{}", said(&output));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_field_is_put_behind_a_line_that_an_action_printed() {
    let escalation = ["--select", "workload/privilege-escalation"];
    let context = "    securityContext:\n      allowPrivilegeEscalation: false";
    // The last line of the text ends with an action.
    let template = format!("{HEAD}  containers:\n  - name: web\n    image: {{{{ .Values.image }}}}\n");
    let (after, _, output) = fixed_chart(&template, "image: nginx:1.27\n", &escalation);
    assert_eq!(after, template.replace("}}\n", &format!("}}}}\n{context}\n")), "{}", said(&output));
    // So does a loop: the field comes behind the loop, once.
    let loops = format!(
        "{HEAD}  containers:\n  - name: web\n    image: nginx:1.27\n    args:\n    {{{{- range .Values.args }}}}\n    - {{{{ . }}}}\n    {{{{- end }}}}\n"
    );
    let (after, _, output) = fixed_chart(&loops, "args: [a, b]\n", &escalation);
    assert_eq!(after, loops.replace("{{- end }}\n", &format!("{{{{- end }}}}\n{context}\n")), "{}", said(&output));
}

#[test]
fn a_request_above_its_limit_is_refused() {
    let pod = |resources: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {name}\nspec:\n  containers:\n  - name: web\n    image: nginx:1.27\n    resources: {resources}\n",
            name = "{name: web}"
        )
    };
    let range = "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: all}\nspec:\n  limits:\n  - {type: Container, default: {memory: 1Gi}, defaultRequest: {cpu: 2}}\n";
    for (text, arguments, sentence) in [
        (pod("{requests: {memory: 4Gi}}"), ["--memory-limit", "1Gi"], "`1Gi` is less than the memory request, `4Gi`"),
        (pod("{requests: {cpu: 2}}"), ["--cpu-limit", "500m"], "`500m` is less than the cpu request, `2`"),
        (
            pod("{requests: {memory: 0}, limits: {memory: 1Gi}}"),
            ["--memory-request", "4Gi"],
            "`4Gi` is more than the memory limit, `1Gi`",
        ),
        (pod("{requests: {cpu: 0}, limits: {cpu: 1}}"), ["--cpu-request", "2"], "`2` is more than the cpu limit, `1`"),
        (
            pod("{requests: {memory: 0}}") + range,
            ["--memory-request", "4Gi"],
            "`4Gi` is more than the memory limit, `1Gi`",
        ),
        (pod("{}") + range, ["--cpu-limit", "1"], "`1` is less than the cpu request, `2`"),
    ] {
        let folder = folder(&[("a.yaml", text.as_bytes())]);
        let check = format!("reliability/{}", arguments[0].trim_start_matches('-'));
        let all = ["fix", "a.yaml", "--write", "--select", &check, arguments[0], arguments[1]];
        let output = ironclad(folder.path(), &all, None);
        assert_eq!(output.status.code(), Some(2), "{text}\n{}", said(&output));
        assert!(said(&output).contains(sentence), "{text}\n{}", said(&output));
        assert_eq!(read(&folder, "a.yaml"), text.as_bytes());
    }
}

#[test]
fn values_given_together_go_together() {
    let folder = folder(&[("a.yaml", POD.as_bytes())]);
    for arguments in [
        ["--memory-request=4Gi", "--memory-limit=1Gi"],
        ["--memory-request=4Gi", "--fix-value=reliability/memory-limit@web=1Gi"],
        ["--fix-value=reliability/memory-request@web=4Gi", "--memory-limit=1Gi"],
    ] {
        let output = ironclad(folder.path(), &["fix", "a.yaml", "--write", arguments[0], arguments[1]], None);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        let sentence = said(&output);
        assert!(sentence.contains("the memory request `4Gi`"), "{sentence}");
        assert!(sentence.contains("is more than the memory limit `1Gi`"), "{sentence}");
        assert_eq!(read(&folder, "a.yaml"), POD.as_bytes());
    }
    let output = ironclad(folder.path(), &["fix", "a.yaml", "--memory-request=1024Mi", "--memory-limit=1Gi"], None);
    assert!(said(&output).contains("can be fixed"), "{}", said(&output));
}

/// Two workloads of one name get policies of two names, whatever files they are in, and nothing is left for a second run.
#[test]
fn what_is_added_has_a_name_of_its_own() {
    let workload = |kind: &str, app: &str| {
        format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec:\n  selector: {{matchLabels: {{app: {app}}}}}\n  template:\n    metadata: {{labels: {{app: {app}}}}}\n    spec: {{containers: [{{name: web, image: a}}]}}\n"
        )
    };
    let (front, store) = (workload("Deployment", "front"), workload("StatefulSet", "store"));
    let folder = folder(&[("a.yaml", front.as_bytes()), ("b.yaml", store.as_bytes())]);
    let arguments = ["fix", ".", "--unsafe", "--write", "--select", "network/pod-unprotected"];
    let output = ironclad(folder.path(), &arguments, None);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = |name: &str| String::from_utf8(read(&folder, name)).unwrap();
    assert!(text("a.yaml").contains("name: web-default-deny\n"), "{}", text("a.yaml"));
    assert!(text("b.yaml").contains("name: web-statefulset-default-deny\n"), "{}", text("b.yaml"));
    let before = (text("a.yaml"), text("b.yaml"));
    let again = ironclad(folder.path(), &arguments, None);
    assert_eq!((text("a.yaml"), text("b.yaml")), before, "{}", said(&again));
}

/// What the report announces and what the fixer counts are numbers of findings that a scan before and after has.
#[test]
fn the_counts_are_those_of_a_scan() {
    let chart = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      hostPID: true\n      containers:\n      - name: web\n        image: a:1\n        securityContext:\n          privileged: {{ .Values.privileged }}\n          {{- if .Values.user }}\n          runAsUser: {{ .Values.user }}\n          {{- end }}\n";
    let files: [(&str, &[u8]); 4] = [
        ("pod.yaml", POD.as_bytes()),
        ("web/Chart.yaml", b"apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("web/values.yaml", b"privileged: true\n"),
        ("web/templates/web.yaml", chart.as_bytes()),
    ];
    let folder = folder(&files);
    let open = || {
        let report: Value =
            serde_json::from_slice(&ironclad(folder.path(), &["scan", ".", "--format", "json"], None).stdout).unwrap();
        report["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] == "open").count()
    };
    let before = open();
    let ends = |path: &str| {
        let output = ironclad(folder.path(), &["scan", path], None);
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_once("to fix (without --write it shows the edits)\n").unwrap().1.to_owned()
    };
    let (all, alone) = (ends("."), ends("web"));
    let plainly = "(as far as templates and values say it plainly)\n";
    assert!(all.contains(" more in what is rendered (as far as templates and values say it plainly)\n"), "{all}");
    let first = alone.lines().next().unwrap();
    assert!(first.contains(" findings: ironclad fix web --no-config --write ") && alone.contains(plainly), "{alone}");

    let output = ironclad(folder.path(), &["fix", ".", "--write"], None);
    let summary = said(&output).lines().last().unwrap().to_owned();
    let after = open();
    let (done, left) = summary.split_once("; left: ").unwrap();
    let fixed: usize = done.split(' ').nth(1).unwrap().parse().unwrap();
    assert_eq!((done.split(' ').next(), fixed), (Some("fixed"), before - after), "{summary}");
    assert!(done.ends_with(" in 3 files"), "{summary}");
    let numbers = left.split(", ").filter_map(|part| part.split(' ').next()?.parse::<usize>().ok());
    assert_eq!(numbers.sum::<usize>(), after, "{summary}");
    assert!(after > 0 && fixed > 10, "{summary}");
}
