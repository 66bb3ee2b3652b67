//! `helmCharts` beside kustomize and Helm: every case of `charts.txt`, with the charts below, built by kustomize's own
//! module with the real `helm` (from `IRONCLAD_HELM`, or the PATH) and by us. Without one, that the cases which are to fail
//! do and the others do not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

mod cases;

use ironclad_kustomize::{Options, render};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What lies beside every case: `charts/` of its own, and a folder that cases share.
const CHARTS: &[(&str, &str)] = &[
    ("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: \"3\"\n"),
    ("charts/web/values.yaml", "image: {repository: nginx, tag: \"1\"}\nlist: [1, 2]\nextra: \"\"\n"),
    ("charts/web/templates/_h.tpl", "{{ define \"web.name\" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}\n"),
    (
        "charts/web/templates/web.yaml",
        "{{- if .Values.refuse }}{{ fail \"refused\" }}{{ end }}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include \"web.name\" . }}\n  namespace: {{ .Release.Namespace }}\nspec:\n  replicas: {{ len .Values.list }}\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: {{ .Values.image.repository }}:{{ .Values.image.tag }}\n        args: {{ toJson .Values.list }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ include \"web.name\" . }}}\ndata:\n  kube: {{ .Capabilities.KubeVersion.Minor | quote }}\n  has: {{ .Capabilities.APIVersions.Has \"example.com/v1/Thing\" | quote }}\n  extra: {{ .Values.extra | quote }}\n  more: {{ .Values.more | toJson | quote }}\n",
    ),
    ("charts/bare/Chart.yaml", "apiVersion: v2\nname: bare\nversion: 1.0.0\n"),
    ("charts/bare/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bare}\n"),
    ("charts/hooked/values.yaml", ""),
    ("charts/small-1.2.3/small/values.yaml", "a: 1\n"),
    ("../shared/small/values.yaml", "a: 1\n"),
    ("charts/hooked/Chart.yaml", "apiVersion: v2\nname: hooked\nversion: 1.0.0\n"),
    (
        "charts/hooked/crds/c.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec: {group: example.com}\n",
    ),
    (
        "charts/hooked/templates/all.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j, annotations: {helm.sh/hook: pre-install}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n",
    ),
    ("charts/small-1.2.3/small/Chart.yaml", "apiVersion: v2\nname: small\nversion: 1.2.3\n"),
    ("charts/small-1.2.3/small/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: versioned}\n"),
    ("../shared/small/Chart.yaml", "apiVersion: v2\nname: small\nversion: 1.0.0\n"),
    ("../shared/small/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\n"),
];

fn helm() -> Option<PathBuf> {
    let named = std::env::var_os("IRONCLAD_HELM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("helm")).find(|program| program.is_file());
    named.or(found)
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn charts_are_inflated_as_kustomize_does() {
    let all = cases::of(include_str!("charts.txt"));
    let around = tempfile::tempdir().unwrap();
    let mut ours = Vec::new();
    let mut questions = Vec::new();
    let helm = helm();
    for (at, case) in all.iter().enumerate() {
        let own = around.path().join(format!("case{at}"));
        CHARTS.iter().for_each(|(name, text)| write(&own, name, text));
        case.files.iter().for_each(|(name, text)| write(&own, name, text));
        let root = if case.files.contains_key("over/kustomization.yaml") { own.join("over") } else { own };
        // Helm's own newest version is what it says without one; the cases that show it give it.
        let options = Options { kubernetes_version: "v1.35.0".to_owned(), ..Options::default() };
        ours.push(cases::objects(&render(&root, "c", &options)));
        questions.push(json!({"op": "build", "id": case.name, "root": root, "helm": helm}));
    }
    let is_error = |name: &str| name.starts_with("error");
    for (case, own) in all.iter().zip(&ours) {
        assert_eq!(own.is_err(), is_error(&case.name), "{}: {own:?}", case.name);
    }
    let skipped = |why| ironclad_testkit::skipped("charts_are_inflated_as_kustomize_does", why);
    if helm.is_none() {
        return skipped("there is no `helm`: name it with IRONCLAD_HELM");
    }
    let Some(answers) = ironclad_testkit::oracle::ask_kustomize(questions) else {
        return skipped("the kustomize oracle is not built");
    };
    let mut wrong = Vec::new();
    for ((case, own), answer) in all.iter().zip(&ours).zip(&answers) {
        let theirs: Result<Vec<String>, &str> = match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap()),
            None => Ok(answer["objects"].as_array().unwrap().iter().map(ToString::to_string).collect()),
        };
        let same = match (own, &theirs) {
            // The version that this Helm was built for is its own affair.
            (Ok(own), Ok(theirs)) => {
                own.len() == theirs.len() && own.iter().zip(theirs).all(|(a, b)| kube(a) == kube(b))
            }
            (Err(_), Err(_)) => true,
            _ => false,
        };
        if !same {
            wrong.push(format!("{}\n  ironclad:  {own:?}\n  kustomize: {theirs:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

/// An object without the minor version, unless a case gives one.
fn kube(object: &str) -> String {
    let at = object.find("\"kube\":\"").filter(|_| !object.contains("\"kube\":\"29\""));
    match at {
        Some(at) => format!("{}{}", &object[..at], &object[at + 11..]),
        None => object.to_owned(),
    }
}
