//! Charts that go wrong, as strangers write them: each is bounded and named with its line, and the rest is judged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use program::ironclad;
use serde_json::Value;

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n";
/// A template of the same chart with a finding.
const OTHER: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {hostPID: true, containers: [{name: a, image: a:1}]}\n";

/// What the template says below `HEAD`, what is said about it, and where.
const CASES: &[(&str, &str, &str)] = &[
    ("{{ if }}", "missing value for if", "5:7"),
    ("  v: {{ required \"give it\" .Values.none }}", "give it", "5:9"),
    ("  v: {{ fail \"never\" }}", "never", "5:9"),
    ("  v: {{ .Values.a.b.c }}", "nil pointer evaluating interface {}.b", "5:9"),
    ("  v: {{ include \"loop\" . }}", "nested reference name", "_h.tpl:1:23"),
    ("  v: {{ tpl .Values.self . }}", "templates nested deeper than 1000", "values.yaml:1:1"),
    ("{{ range until 100000000 }}\n  k: x{{ end }}", "the limit is 1000000", "5:10"),
    ("  v: {{ repeat 1000000000 \"aaaaaaaaaa\" }}", "text of more than 64 MiB", "5:9"),
    (
        "{{ $l := repeat 1000 \"0123456789\" }}{{ range until 20000 }}{{ $l }}{{ end }}",
        "output of more than 64 MiB",
        "bad.yaml:5:60",
    ),
    (
        "{{ $x := \"aaaaaaaaaaaaaaaa\" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}",
        "text of more than 64 MiB",
        "bad.yaml:5:",
    ),
    (
        "{{ $d := dict }}{{ range until 1000 }}{{ $d = dict \"a\" $d }}{{ end }}",
        "nested deeper than 200",
        "bad.yaml:5:",
    ),
    ("  v: [", "the chart prints what is no YAML", "5:"),
];

fn scan(folder: &std::path::Path, paths: &[&str]) -> (Value, Option<i32>) {
    let rest = ["--no-config", "--format", "json", "--select", "workload/host-pid"];
    let output = ironclad(&[&["scan"], paths, &rest].concat(), folder);
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
}

fn errors(report: &Value) -> Vec<String> {
    let all = report["errors"].as_array().unwrap().iter().map(|error| {
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        format!("{} {}:{}:{}: {}", text("code"), text("source"), error["line"], error["column"], text("message"))
    });
    all.collect()
}

#[test]
fn what_goes_wrong_in_a_template_is_bounded_and_named() {
    for (text, message, at) in CASES {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("web/templates")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join("web").join(name), text).unwrap();
        write("Chart.yaml", CHART);
        write("values.yaml", "self: '{{ tpl .Values.self . }}'\n");
        write("templates/_h.tpl", "{{ define \"loop\" }}{{ include \"loop\" . }}{{ end }}\n");
        write("templates/bad.yaml", &format!("{HEAD}{text}\n"));
        write("templates/ok.yaml", OTHER);
        let (report, code) = scan(folder.path(), &["web"]);
        let errors = errors(&report);
        assert_eq!(code, Some(2), "{text}");
        let found =
            errors.iter().any(|error| error.contains(message) && error.contains(at) && error.starts_with("input/"));
        assert!(found, "{text}: {errors:?}");
        assert_eq!(report["findings"][0]["location"]["source"], "web/templates/ok.yaml", "{text}: the rest is judged");
    }
}

#[test]
fn archives_that_lie_are_refused_by_name() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/chart_archive");
    for (name, message) in [
        ("slip.tgz", "which leads outside of the chart"),
        ("absolute.tgz", "holds the absolute path"),
        ("link.tgz", "which is no regular file"),
        ("bomb.tgz", "larger than"),
        ("cut.tgz", "archive cannot be read"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(format!("{corpus}/{name}"), folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join("pod.yaml"), OTHER).unwrap();
        let (report, code) = scan(folder.path(), &[name, "pod.yaml"]);
        let errors = errors(&report);
        assert_eq!(code, Some(2), "{name}");
        assert!(errors.iter().any(|error| error.contains(message) && error.contains(name)), "{name}: {errors:?}");
        assert_eq!(report["findings"][0]["location"]["source"], "pod.yaml", "{name}: the rest is judged");
    }
}

/// A packaged chart of one template.
fn package(name: &str) -> Vec<u8> {
    let at = |file: &str| format!("{name}/{file}");
    let chart = format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
    let files = [(at("Chart.yaml"), chart.as_str()), (at("templates/pod.yaml"), OTHER)];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    ironclad_testkit::gzip(&ironclad_testkit::tar(&files))
}

fn sources(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|f| f["location"]["source"].as_str().unwrap()).collect()
}

#[test]
fn a_walk_judges_packaged_charts_and_leaves_other_archives_alone() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, data: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, data).unwrap();
    };
    write("releases/web-1.0.0.tgz", &package("web"));
    // The folder of charts of nobody.
    write("charts/db-1.0.0.tgz", &package("db"));
    // A dependency of a chart: judged through it, once.
    write("app/Chart.yaml", b"apiVersion: v2\nname: app\nversion: 1.0.0\n");
    write("app/charts/dep-1.0.0.tgz", &package("dep"));
    write("backup.tgz", &ironclad_testkit::gzip(&ironclad_testkit::tar(&[("data/x.yaml", OTHER.as_bytes())])));
    write("deep.tgz", &ironclad_testkit::gzip(&ironclad_testkit::tar(&[("a/b/Chart.yaml", b"name: x")])));
    write("noise.tgz", b"no gzip at all");
    write("vendor/gone-1.0.0.tgz", &package("gone"));
    write(".gitignore", b"/built/\n");
    write("built/ignored-1.0.0.tgz", &package("ignored"));

    let (report, code) = scan(folder.path(), &["."]);
    assert_eq!(errors(&report), [""; 0]);
    assert_eq!(code, Some(1));
    let pod = "templates/pod.yaml";
    let expected = [
        format!("app/charts/dep-1.0.0.tgz/{pod}"),
        format!("charts/db-1.0.0.tgz/{pod}"),
        format!("releases/web-1.0.0.tgz/{pod}"),
    ];
    assert_eq!(sources(&report), expected);

    // Who names an archive is told what is wrong with it.
    for name in ["backup.tgz", "noise.tgz"] {
        let (report, code) = scan(folder.path(), &[name]);
        assert!(errors(&report).iter().any(|error| error.contains(name)), "{name}");
        assert_eq!(code, Some(2), "{name}");
    }
    let (report, _) = scan(folder.path(), &[".", "--raw"]);
    assert_eq!(sources(&report), [""; 0], "archives are no files to read as they are");
    std::fs::write(folder.path().join("ironclad.yaml"), "exclude: [releases, \"charts/*.tgz\"]\n").unwrap();
    let excluded = ironclad(&["scan", ".", "--format", "json", "--select", "workload/host-pid"], folder.path());
    assert_eq!(sources(&serde_json::from_slice(&excluded.stdout).unwrap()), expected[..1]);
}

#[test]
fn a_broken_package_that_a_walk_meets_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let whole = package("web");
    std::fs::write(folder.path().join("cut.tgz"), whole.get(..whole.len() - 1800).unwrap()).unwrap();
    std::fs::write(folder.path().join("pod.yaml"), OTHER).unwrap();
    let (report, code) = scan(folder.path(), &["."]);
    assert!(errors(&report).iter().any(|error| error.contains("cut.tgz")), "{:?}", errors(&report));
    assert_eq!((sources(&report), code), (vec!["pod.yaml"], Some(2)));
}

/// A chart for no namespace in particular prints our word for it; what somebody wrote or said is theirs.
#[test]
fn the_namespace_of_a_release_is_nobodys_choice_until_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join("web").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let map = |name: &str, namespace: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {namespace}\n")
    };
    write("Chart.yaml", CHART);
    write("values.yaml", "where: default\n");
    write("templates/a.yaml", &map("of-release", "{{ .Release.Namespace }}"));
    write("templates/b.yaml", &map("of-release-quoted", "{{ .Release.Namespace | quote }}"));
    write("templates/c.yaml", &map("of-values", "{{ .Values.where }}"));
    write("templates/d.yaml", &map("of-template", "default"));
    let named = |arguments: &[&str]| -> Vec<String> {
        let scan = ["scan", "web", "--no-config", "--format", "json", "--select", "namespace/default"];
        let output = ironclad(&[&scan, arguments].concat(), folder.path());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let mut names: Vec<String> =
            findings.map(|finding| finding["object"]["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(named(&[]), ["of-template", "of-values"]);
    assert_eq!(named(&["--namespace", "default"]), ["of-release", "of-release-quoted", "of-template", "of-values"]);
    assert_eq!(named(&["--namespace", "shop"]), ["of-template", "of-values"]);
}
