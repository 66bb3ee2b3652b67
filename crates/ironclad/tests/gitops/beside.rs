//! Trees that mix charts with what lies beside them, and what is said of them.

use super::{Seen, ironclad, tree};
use serde_json::Value;

#[test]
fn loops_end_and_nothing_outside_of_the_tree_is_read() {
    let app = |name: &str, path: &str, more: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec: {{source: {{path: {path}{more}}}}}\n---\n"
        )
    };
    let chart = |name: &str, other: &str| {
        format!(
            "@ tree/{name}/Chart.yaml\napiVersion: v2\nname: {name}\nversion: 1.0.0\n@ tree/{name}/templates/a.yaml\n{}",
            app(&format!("to-{other}"), other, "")
        )
    };
    let folder = tree(&format!(
        "{}{}@ tree/k/kustomization.yaml\nresources: [own.yaml]\n@ tree/k/own.yaml\n{}@ tree/apps.yaml\n{}{}{}{}@ secret/values.yaml\nleak: yes\n@ secret/Chart.yaml\napiVersion: v2\nname: s\nversion: 1.0.0\n",
        chart("a", "b"),
        chart("b", "a"),
        app("own", "k", ", kustomize: {namePrefix: x-}"),
        app("first", "a", ""),
        app("above", "../secret", ""),
        app("absolute", "/etc", ""),
        app("values", "a", ", helm: {valueFiles: [../../secret/values.yaml]}"),
    ));
    let seen = Seen::of(&folder.path().join("tree"), &[]);
    assert_eq!(seen.errors(), &[] as &[Value]);
    let mut reasons = seen.reasons();
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "Application above: \"../secret\" is outside of what is scanned: scan the folder that holds both",
            "Application absolute: \"/etc\" is not in this tree",
            "Application values: values file \"../../secret/values.yaml\" is not in this tree",
        ]
    );
}

#[test]
fn charts_of_the_same_tree_are_dependencies_without_a_copy() {
    let folder = tree(
        "@ charts/web/Chart.yaml
apiVersion: v2
name: web
version: 1.0.0
dependencies:
  - {name: common, version: 1.x.x, repository: 'file://../common'}
  - {name: gone, version: 1.0.0, repository: 'file://../gone'}
  - {name: root, version: 1.0.0, repository: 'file:///'}
@ charts/web/templates/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {a: {{ include \"common.text\" . }}}
@ charts/common/Chart.yaml
apiVersion: v2
name: common
version: 1.2.0
dependencies: [{name: deep, version: 1.0.0, repository: 'file://../deep'}]
@ charts/common/values.yaml
privileged: true
@ charts/common/templates/_h.tpl
{{ define \"common.text\" }}said{{ end }}
@ charts/common/templates/p.yaml
apiVersion: v1
kind: Pod
metadata: {name: '{{ .Release.Name }}-common'}
spec: {containers: [{name: c, image: i, securityContext: {privileged: {{ .Values.privileged }}}}]}
@ charts/deep/Chart.yaml
apiVersion: v2
name: deep
version: 1.0.0
@ charts/deep/templates/d.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: deep}
",
    );
    let output = ironclad(&["scan", "charts/web", "--format", "json", "--fail-on", "never"], folder.path());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let errors: Vec<&str> =
        report["errors"].as_array().unwrap().iter().map(|e| e["message"].as_str().unwrap()).collect();
    assert!(errors.len() == 2 && errors[0].contains("\"gone\"") && errors[1].contains("\"root\""), "{errors:?}");
    assert_eq!(report["summary"]["objects"], 3);
    let all = report["findings"].as_array().unwrap();
    let finding = all.iter().find(|f| f["check"] == "workload/privileged").unwrap();
    assert_eq!(finding["location"]["source"], "charts/common/values.yaml", "the file that a person edits");
}

#[test]
fn manifests_beside_a_charts_own_files_are_judged() {
    let folder = tree(
        "@ chart/Chart.yaml
apiVersion: v2
name: c
version: 1.0.0
@ chart/values.yaml
kind: values
apiVersion: none
@ chart/templates/a.yaml
{{- range $name, $file := .Files.Glob \"files/*.yaml\" }}
{{ $file | toString }}
{{- end }}
@ chart/files/made.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: made}
@ chart/examples/pod.yaml
apiVersion: v1
kind: Pod
metadata: {name: example}
spec: {containers: [{name: c, image: i}]}
@ chart/ci/open.yaml
apiVersion: v1
kind: Pod
metadata: {name: {{ .Values.x }}}
@ chart/crds/x.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: xs.example.com}
",
    );
    let seen = Seen::of(folder.path(), &[]);
    assert_eq!(seen.errors(), &[] as &[Value]);
    assert_eq!(seen.names(), ["ConfigMap -/made", "CustomResourceDefinition -/xs.example.com", "Pod -/example"]);
}

#[test]
fn what_stands_for_something_else_is_said_once() {
    let folder = tree(
        "@ chart/Chart.yaml
apiVersion: v2
name: c
version: 1.0.0
@ chart/templates/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  a: {{ randAlphaNum 5 | quote }}
  b: {{ randAlphaNum 5 | quote }}
  c: {{ lookup \"v1\" \"Secret\" \"x\" \"y\" | toJson | quote }}
",
    );
    let seen = Seen::of(folder.path(), &[]);
    let expected = serde_json::json!([{"source": "chart", "functions": ["lookup", "randAlphaNum"]}]);
    assert_eq!(seen.report["summary"]["standIns"], expected);
    let plain = ironclad(&["scan", ".", "--fail-on", "never"], folder.path());
    let text = String::from_utf8_lossy(&plain.stdout);
    assert_eq!(text.matches("differs on every run").count(), 1, "{text}");
    // Through a kustomization as well.
    std::fs::write(folder.path().join("chart/values.yaml"), "{}\n").unwrap();
    std::fs::write(
        folder.path().join("kustomization.yaml"),
        "helmGlobals: {chartHome: .}\nhelmCharts: [{name: chart}]\n",
    )
    .unwrap();
    let seen = Seen::of(folder.path(), &[]);
    let expected = serde_json::json!([{"source": ".", "functions": ["lookup", "randAlphaNum"]}]);
    assert_eq!(seen.report["summary"]["standIns"], expected);
}

#[test]
fn files_that_are_no_text_keep_their_bytes() {
    let folder = tree(
        "@ chart/Chart.yaml
apiVersion: v2
name: c
version: 1.0.0
@ chart/templates/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  b: {{ .Files.Get \"x.bin\" | b64enc }}
  s: {{ .Files.Get \"x.bin\" | sha256sum }}
  {{- (.Files.Glob \"x.bin\").AsSecrets | nindent 2 }}
",
    );
    std::fs::write(folder.path().join("chart/x.bin"), [0xFF_u8, 0x00, 0x80, b'a']).unwrap();
    let seen = Seen::of(folder.path(), &[]);
    let data = &seen.object("ConfigMap", "a")["data"];
    assert_eq!(data["b"], "/wCAYQ==");
    assert_eq!(data["x.bin"], "/wCAYQ==");
    assert_eq!(data["s"], SUM);
}

/// `printf '\xff\x00\x80a' | sha256sum`
const SUM: &str = "7db24bcd8c65b9e0d5c5e147be130fbce7f757295538b0e69888ee7cf545e7ae";
