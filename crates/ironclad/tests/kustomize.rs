//! Kustomizations through the binary: what is scanned, where findings point, what is refused, and what `fix` edits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use program::folder;
use serde_json::Value;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.27\n";

/// `WEB` with a line in the pod's spec.
fn web_with(line: &str) -> String {
    WEB.replace("      containers:\n", &format!("      {line}\n      containers:\n"))
}

fn ironclad(folder: &Path, arguments: &[&str]) -> Output {
    let judges = arguments.first().is_some_and(|command| *command != "render");
    program::ironclad(&[arguments, if judges { &["--no-config"] } else { &[] }].concat(), folder)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn read(folder: &TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

/// The findings of a scan, as `check source:line`.
fn findings(folder: &Path, arguments: &[&str]) -> (Vec<String>, Value, Output) {
    let output = ironclad(folder, &[&["scan", "--format", "json"], arguments].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = report["findings"].as_array().unwrap().iter().map(|finding| {
        let at = &finding["location"];
        format!("{} {}:{}", finding["check"].as_str().unwrap(), at["source"].as_str().unwrap(), at["line"])
    });
    (all.collect(), report.clone(), output)
}

const BASE: &str = "resources: [web.yaml]\n";

#[test]
fn an_overlay_is_judged_once_and_points_at_what_wrote_it() {
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      hostNetwork: true\n";
    let folder = folder(&[
        ("base/kustomization.yaml", BASE),
        ("base/web.yaml", &web_with("hostPID: true")),
        ("prod/kustomization.yaml", "namePrefix: prod-\nresources: [../base]\npatches:\n- path: patch.yaml\n"),
        ("prod/patch.yaml", patch),
    ]);
    let (found, report, output) =
        findings(folder.path(), &[".", "--select", "workload/host-pid,workload/host-network"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(found, ["workload/host-pid base/web.yaml:10", "workload/host-network prod/patch.yaml:7"]);
    assert_eq!(report["findings"][0]["object"]["name"], "prod-web", "the base is judged through the overlay");
    assert_eq!(report["summary"]["objects"], 1);
    let why = ironclad(folder.path(), &["render", "prod", "--why", "/spec/template/spec/hostNetwork"]);
    assert!(String::from_utf8_lossy(&why.stdout).contains("edit prod/patch.yaml:7:7 (patch)"), "{why:?}");
    let rendered = ironclad(folder.path(), &["render", "prod"]);
    assert!(String::from_utf8_lossy(&rendered.stdout).contains("name: prod-web"), "{rendered:?}");
}

/// What is said about `kustomization.yaml`, and the exit code. A plain manifest beside it is judged all the same.
fn refused(files: &[(&str, &str)]) -> String {
    let mut all = vec![(
        "plain/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: plain}\nspec: {hostPID: true, containers: [{name: a, image: a:1}]}\n",
    )];
    all.extend_from_slice(files);
    let folder = folder(&all);
    let (found, report, output) = findings(folder.path(), &[".", "--select", "workload/host-pid"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(found.contains(&"workload/host-pid plain/pod.yaml:4".to_owned()), "the rest is judged: {found:?}");
    errors(&report)
}

/// The errors of a report, a line each.
fn errors(report: &Value) -> String {
    let all = report["errors"].as_array().unwrap().iter().map(|error| {
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        format!("{} {}:{}:{}: {}\n", text("code"), text("source"), error["line"], error["column"], text("message"))
    });
    all.collect()
}

#[test]
fn what_would_be_fetched_or_run_is_refused_by_name() {
    let remote = refused(&[("k/kustomization.yaml", "resources:\n- github.com/org/repo//base?ref=v1\n")]);
    assert!(remote.contains("k/kustomization.yaml:2:3"), "{remote}");
    assert!(remote.contains("`github.com/org/repo//base?ref=v1` is remote, and nothing is fetched"), "{remote}");
    let url = refused(&[("k/kustomization.yaml", "resources: [\"https://example.com/a.yaml\"]\n")]);
    assert!(url.contains("`https://example.com/a.yaml` is remote"), "{url}");
    let exec = "apiVersion: example.com/v1\nkind: Made\nmetadata:\n  name: m\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./run.sh}\n";
    let exec = refused(&[("k/kustomization.yaml", "generators: [made.yaml]\n"), ("k/made.yaml", exec)]);
    assert!(exec.contains("k/made.yaml"), "{exec}");
    assert!(exec.contains("Made"), "the plug-in has its name: {exec}");
}

#[test]
fn cycles_and_ways_out_are_refused() {
    let cycle =
        refused(&[("a/kustomization.yaml", "resources: [../b]\n"), ("b/kustomization.yaml", "resources: [../a]\n")]);
    assert!(cycle.contains("is a cycle"), "{cycle}");
    let out = refused(&[("k/kustomization.yaml", "resources: [../web.yaml]\n"), ("web.yaml", WEB)]);
    assert!(out.contains("`../web.yaml` lies outside of the kustomization's folder"), "{out}");
    #[cfg(unix)]
    {
        let folder = folder(&[("k/kustomization.yaml", "resources: [link.yaml]\n"), ("web.yaml", WEB)]);
        std::os::unix::fs::symlink("../web.yaml", folder.path().join("k/link.yaml")).unwrap();
        let (_, report, output) = findings(folder.path(), &["k"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(errors(&report).contains("`link.yaml` lies outside"), "{}", errors(&report));
    }
    // A tower that is higher than anybody builds.
    let names: Vec<(String, String)> = (0..80)
        .map(|at| (format!("k{at}/kustomization.yaml"), format!("resources: [../k{}]\n", at + 1)))
        .chain([("k80/kustomization.yaml".to_owned(), "resources: []\n".to_owned())])
        .collect();
    let files: Vec<(&str, &str)> = names.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert!(refused(&files).contains("more than 64 kustomizations stand on each other"));
}

#[test]
fn an_overlay_that_fails_leaves_its_base_to_be_judged() {
    let folder = folder(&[
        ("base/kustomization.yaml", BASE),
        ("base/web.yaml", &web_with("hostPID: true")),
        ("prod/kustomization.yaml", "resources: [../base]\npatches:\n- path: missing.yaml\n"),
    ]);
    let (found, report, output) = findings(folder.path(), &[".", "--select", "workload/host-pid"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(found, ["workload/host-pid base/web.yaml:10"]);
    assert!(errors(&report).contains("prod/kustomization.yaml:3"), "{}", errors(&report));
}

const PROD: &str = "resources: [../base]\n";
const HOST: [&str; 3] = ["--write", "--select", "workload/host-pid"];

#[test]
fn a_base_is_fixed_where_all_overlays_want_it() {
    let folder = folder(&[
        ("base/kustomization.yaml", BASE),
        ("base/web.yaml", &web_with("hostPID: true  # why")),
        ("prod/kustomization.yaml", "namePrefix: prod-\nresources: [../base]\n"),
        ("test/kustomization.yaml", "namePrefix: test-\nresources: [../base]\n"),
    ]);
    let output = ironclad(folder.path(), &[&["fix", "."], &HOST[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(read(&folder, "base/web.yaml"), WEB);
    assert!(said(&output).contains("base/web.yaml is part of 2 kustomizations"), "{}", said(&output));
    let again = ironclad(folder.path(), &[&["fix", "."], &HOST[..]].concat());
    assert!(said(&again).contains("nothing to fix"), "{}", said(&again));
}

#[test]
fn a_base_that_others_may_stand_on_is_left_alone() {
    let base = web_with("hostPID: true");
    let folder = folder(&[
        ("base/kustomization.yaml", BASE),
        ("base/web.yaml", &base),
        ("prod/kustomization.yaml", PROD),
        // Nobody asked for a change here: the waiver stands in its own patch.
        (
            "test/kustomization.yaml",
            "resources: [../base]\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    - op: add\n      path: /metadata/annotations\n      value: {ironclad.dev/ignore.workload.host-pid: debugging}\n",
        ),
    ]);
    let alone = ironclad(folder.path(), &[&["fix", "prod"], &HOST[..]].concat());
    assert_eq!(alone.status.code(), Some(2), "{}", said(&alone));
    assert!(said(&alone).contains("fix/shared"), "{}", said(&alone));
    assert!(said(&alone).contains("`base/web.yaml` lies outside of what was named"), "{}", said(&alone));
    let both = ironclad(folder.path(), &[&["fix", "."], &HOST[..]].concat());
    assert_eq!(both.status.code(), Some(2), "{}", said(&both));
    assert!(said(&both).contains("the edit would also change what test/kustomization.yaml makes"), "{}", said(&both));
    assert_eq!(read(&folder, "base/web.yaml"), base);
}

/// What `fix` makes of `prod/kustomization.yaml`, a patch beside it, and the base.
fn fixed(kustomization: &str, patch: &str, base: &str, arguments: &[&str]) -> (String, String, String, Output) {
    let folder = folder(&[
        ("base/kustomization.yaml", BASE),
        ("base/web.yaml", base),
        ("prod/kustomization.yaml", kustomization),
        ("prod/patch.yaml", patch),
    ]);
    let output = ironclad(folder.path(), &[&["fix", ".", "--write"], arguments].concat());
    (read(&folder, "prod/kustomization.yaml"), read(&folder, "prod/patch.yaml"), read(&folder, "base/web.yaml"), output)
}

const PATCHED: &str = "resources: [../base]\npatches:\n- path: patch.yaml\n  target: {kind: Deployment}\n";
const MERGE: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n";

#[test]
fn a_strategic_merge_patch_is_fixed() {
    let patch = format!("{MERGE}      hostPID: true # why\n      hostNetwork: true\n");
    let (_, after, base, output) = fixed(PATCHED, &patch, WEB, &["--select", "workload/host-pid"]);
    assert_eq!(after, format!("{MERGE}      hostNetwork: true\n"), "{}", said(&output));
    assert_eq!((base.as_str(), output.status.code()), (WEB, Some(0)));
    // Said by the base as well: it goes from both.
    let (_, after, base, output) =
        fixed(PATCHED, &patch, &web_with("hostPID: true"), &["--select", "workload/host-pid"]);
    assert_eq!(after, format!("{MERGE}      hostNetwork: true\n"), "{}", said(&output));
    assert_eq!(base, WEB);
    // What is missing belongs to the container, and that is the base's.
    let (_, after, base, output) = fixed(PATCHED, &patch, WEB, &["--select", "workload/privilege-escalation"]);
    assert_eq!(after, patch);
    assert_eq!(
        base,
        format!("{WEB}        securityContext:\n          allowPrivilegeEscalation: false\n"),
        "{}",
        said(&output)
    );
    // A container that only the patch has.
    let sidecar = format!(
        "{MERGE}      containers:\n      - name: log\n        image: log:1\n        securityContext: {{privileged: true, runAsNonRoot: true}}\n"
    );
    let (_, after, _, output) = fixed(PATCHED, &sidecar, WEB, &["--select", "workload/privileged"]);
    assert_eq!(after, sidecar.replace("privileged: true, ", ""), "{}", said(&output));
}

#[test]
fn a_json_patch_is_fixed() {
    let network = "- op: add\n  path: /spec/template/spec/hostNetwork\n  value: true\n";
    let pid = "- op: add\n  path: /spec/template/spec/hostPID\n  value: true\n";
    let (_, after, base, output) = fixed(PATCHED, &format!("{network}{pid}"), WEB, &["--select", "workload/host-pid"]);
    assert_eq!(after, network, "{}", said(&output));
    assert_eq!((base.as_str(), output.status.code()), (WEB, Some(0)));
    let context = "- op: add\n  path: /spec/template/spec/containers/0/securityContext\n  value:\n    privileged: true\n    runAsNonRoot: true\n";
    let (_, after, _, output) = fixed(PATCHED, context, WEB, &["--select", "workload/privileged"]);
    assert_eq!(after, context.replace("    privileged: true\n", ""), "{}", said(&output));
    // The only operation says no instead: a patch of nothing is none.
    let (_, after, _, output) = fixed(PATCHED, pid, WEB, &["--select", "workload/host-pid"]);
    assert_eq!(after, pid.replace("value: true", "value: false"), "{}", said(&output));
}

#[test]
fn an_inline_patch_and_fields_of_the_kustomization_are_fixed() {
    let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let merge = format!("{MERGE}      hostNetwork: true\n      hostPID: true # why\n");
    let inline = |patch: &str| {
        format!("resources: [../base] # ours\npatches:\n- patch: |-\n{}nameSuffix: -x\n", indented(patch))
    };
    let (after, _, base, output) = fixed(&inline(&merge), "", WEB, &["--select", "workload/host-pid"]);
    assert_eq!(after, inline(&format!("{MERGE}      hostNetwork: true\n")), "{}", said(&output));
    assert_eq!((base.as_str(), output.status.code()), (WEB, Some(0)));
    let replicas = "resources: [../base]\nreplicas:\n- {name: web, count: 1}\n";
    let (after, _, base, output) = fixed(replicas, "", WEB, &["--select", "reliability/replicas", "--replicas", "3"]);
    assert_eq!(after, replicas.replace("count: 1", "count: 3"), "{}", said(&output));
    assert_eq!(base, WEB);
    let images = "resources: [../base]\nimages:\n- name: nginx\n  newName: k8s.gcr.io/nginx\n  newTag: \"1.9\"\n";
    let (after, ..) = fixed(images, "", WEB, &["--select", "image/old-registry"]);
    assert_eq!(after, images.replace("k8s.gcr.io", "registry.k8s.io"));
}

#[test]
fn what_is_generated_is_named() {
    let folder = folder(&[
        (
            "kustomization.yaml",
            "configMapGenerator:\n- name: c\n  literals: [\"a=b\"]\n  options: {labels: {\"-bad\": x}}\nresources: [web.yaml]\n",
        ),
        ("web.yaml", WEB),
    ]);
    let output = ironclad(folder.path(), &["fix", ".", "--write", "--profile", "all"]);
    assert_ne!(output.status.code(), Some(101), "{}", said(&output));
}

#[test]
fn charts_of_a_kustomization_are_inflated_and_their_values_fixed() {
    let folder = folder(&[
        (
            "kustomization.yaml",
            "helmCharts:\n- name: web\n  releaseName: web\n  valuesInline:\n    pid: true # inline\n    network: true\n",
        ),
        ("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("charts/web/values.yaml", "pid: false\nipc: true\n"),
        (
            "charts/web/templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  hostPID: {{ .Values.pid }}\n  hostIPC: {{ .Values.ipc }}\n  containers: [{name: web, image: \"nginx:1.27\"}]\n",
        ),
    ]);
    let (found, ..) = findings(folder.path(), &[".", "--select", "workload/host-pid,workload/host-ipc"]);
    assert_eq!(found, ["workload/host-ipc charts/web/values.yaml:2", "workload/host-pid kustomization.yaml:5"]);
    let output = ironclad(folder.path(), &["fix", ".", "--write", "--select", "workload/host-pid,workload/host-ipc"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        read(&folder, "kustomization.yaml").contains("pid: false # inline"),
        "{}",
        read(&folder, "kustomization.yaml")
    );
    assert_eq!(read(&folder, "charts/web/values.yaml"), "pid: false\nipc: false\n");
}
