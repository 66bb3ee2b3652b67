//! What is found to be a secret is in no report: not in excerpts, messages, fingerprints or data, in no format.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use ironclad_report::Format;
use program::{ironclad, text};

/// Secrets that nothing else contains; one that a form gives away, the others that a name does.
const CANARIES: &[&str] =
    &["c4nary-Env-1", "c4nary-Arg-2", "c4nary-Flag-3", "c4nary-Map-4", "c4nary-Url-5", "c4nary-Block-6"];

const MANIFEST: &str = r#"apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx
    command: [server, "--password=c4nary-Arg-2", --token, c4nary-Flag-3]
    env:
    - {name: DB_PASSWORD, value: c4nary-Env-1}
    - {name: DB_PASSWORD, value: "c4nary-Env-1"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data:
  password: c4nary-Map-4
  app.yaml: |
    url: postgres://app:c4nary-Url-5@db/app
    token: c4nary-Block-6
"#;

#[test]
fn no_format_shows_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("web.yaml"), MANIFEST).unwrap();
    for (format, _) in Format::ALL {
        let scan = ["scan", "-v", "--profile", "all", "--complete", "--format", format, "web.yaml"];
        let text = text(&ironclad(&scan, folder.path()));
        assert!(text.contains("secrets/"), "{format} reports them:\n{text}");
        for canary in CANARIES {
            assert!(!text.contains(canary), "{format} shows {canary}:\n{text}");
            let encoded = ironclad_testkit::oracle::base64(canary.as_bytes());
            assert!(!text.contains(encoded.trim_end_matches('=')), "{format} shows {canary} in base64");
        }
    }
}

/// Fields that other checks point at, beside secrets; an object that its definition refuses; a text that cannot be read.
const ELSEWHERE: &str = r#"apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx
    securityContext: {privileged: true}
    command: [server, "--password=c4nary-Arg-2", sudo]
    env:
    - {name: DB_PASSWORD, value: c4nary-Env-1}
    - {name: DB_PASSWORD, value: "c4nary-Env-1"}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: keys.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Key, plural: keys}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {token: {type: integer}, apiKey: {type: string, enum: [none]}}}}
---
apiVersion: example.com/v1
kind: Key
metadata: {name: web}
spec:
  token: c4nary-Flag-3
  apiKey: c4nary-Map-4
---
apiVersion: v1
kind: ConfigMap
metadata: {name: wrong}
data:
  password: [c4nary-Url-5]
"#;

const UNREADABLE: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  env:\n  - name: DB_PASSWORD\n    value: c4nary-Env-1: x\n";

/// Whatever is selected, and whatever cannot be read.
#[test]
fn what_is_not_selected_stays_hidden_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("web.yaml"), ELSEWHERE).unwrap();
    std::fs::write(folder.path().join("unreadable.yaml"), UNREADABLE).unwrap();
    for selection in [
        ["--select", "wiring/duplicate-env,workload/sudo-command,manifest/schema"],
        ["--min-severity", "critical"],
        ["--ignore", "secrets/"],
        ["--pss", "restricted"],
    ] {
        for format in ["pretty", "json", "html", "markdown", "sarif"] {
            let scan = ["scan", "-v", "--format", format, "web.yaml", "unreadable.yaml"];
            let text = text(&ironclad(&[&scan[..], &selection].concat(), folder.path()));
            for canary in CANARIES {
                assert!(!text.contains(canary), "{format} with {selection:?} shows {canary}:\n{text}");
            }
        }
    }
}
