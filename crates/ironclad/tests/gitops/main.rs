//! Argo CD's and Flux's objects as a user scans them: what they deploy is judged once, as they deploy it, and findings
//! stand where a person edits. And trees that mix charts with what lies beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

mod argo;
mod beside;
mod fixes;
mod flux;
mod provenance;

#[path = "../support/program.rs"]
mod program;

use program::ironclad;
use serde_json::Value;
use std::path::Path;

/// A tree of files: `@ path` lines, each with its text below.
fn tree(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in text.split("@ ").skip(1) {
        let (name, text) = part.split_once('\n').unwrap();
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

const CHART: &str = "@ charts/web/Chart.yaml
apiVersion: v2
name: web
version: 1.0.0
@ charts/web/values.yaml
image: nginx:1.25
privileged: false
replicas: 1
extra: {}
@ charts/web/templates/deploy.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
        - name: web
          image: {{ .Values.image }}
          securityContext:
            privileged: {{ .Values.privileged }}
            {{- with .Values.extra }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
";

struct Seen {
    report: Value,
    objects: Vec<Value>,
}

impl Seen {
    fn of(folder: &Path, more: &[&str]) -> Seen {
        let mut arguments = vec!["scan", ".", "--format", "json", "--fail-on", "never", "--profile", "all"];
        arguments.extend(more);
        let scanned = ironclad(&arguments, folder);
        let words = String::from_utf8_lossy(&scanned.stderr);
        let report: Value = serde_json::from_slice(&scanned.stdout).unwrap_or_else(|error| panic!("{error}: {words}"));
        let mut arguments = vec!["render", ".", "--format", "json"];
        arguments.extend(more);
        let objects = serde_json::from_slice(&ironclad(&arguments, folder).stdout).unwrap();
        Seen { report, objects }
    }

    /// The objects of a kind, by name.
    fn object(&self, kind: &str, name: &str) -> &Value {
        let mut found =
            self.objects.iter().filter(|object| object["kind"] == kind && object["metadata"]["name"] == name);
        let first = found.next().unwrap_or_else(|| panic!("no {kind} {name}: {:?}", self.names()));
        assert!(found.next().is_none(), "{kind} {name} is there twice");
        first
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .objects
            .iter()
            .map(|object| {
                let namespace = object["metadata"]["namespace"].as_str().unwrap_or("-");
                format!(
                    "{} {namespace}/{}",
                    object["kind"].as_str().unwrap(),
                    object["metadata"]["name"].as_str().unwrap()
                )
            })
            .collect();
        names.sort();
        names
    }

    /// `source:line` of the findings of a check about an object.
    fn places(&self, check: &str, name: &str) -> Vec<String> {
        let all = self.report["findings"].as_array().unwrap().iter();
        let own = all.filter(|f| f["check"] == check && f["object"]["name"] == name);
        own.map(|f| format!("{}:{}", f["location"]["source"].as_str().unwrap(), f["location"]["line"])).collect()
    }

    fn reasons(&self) -> Vec<String> {
        let all = self.report["summary"]["notFollowed"].as_array().unwrap().iter();
        all.map(|not| format!("{}: {}", not["object"].as_str().unwrap(), not["reason"].as_str().unwrap())).collect()
    }

    fn errors(&self) -> &[Value] {
        self.report["errors"].as_array().unwrap()
    }
}
