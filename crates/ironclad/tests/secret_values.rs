//! What Secrets hold: asked for only where a person says so, compared, and in nothing that comes out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/live.rs"]
mod live;

use ironclad_testcluster::ControlPlane;
use live::{ironclad, json, plane, text};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const CANARY: &str = "cAnary4711xQ9zLm2pRt";

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * index) & 63) as usize];
            out.push(if index <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// A record of Helm, as Helm writes it.
fn record(namespace: &str) -> String {
    let manifest = format!(
        "---\n# Source: web/templates/secret.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: {CANARY}\n---\n# Source: web/templates/web.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n"
    );
    let record = serde_json::json!({
        "name": "web",
        "namespace": namespace,
        "chart": {"metadata": {"name": "web", "version": "1.2.3"}, "values": {"password": CANARY}},
        "config": {"password": CANARY},
        "manifest": manifest,
    });
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(record.to_string().as_bytes()).unwrap();
    base64(base64(&packed.finish().unwrap()).as_bytes())
}

/// A canary in a Secret, in Helm's record, and copied to where it must not be.
fn fill(plane: &ControlPlane, prefix: &str) -> String {
    let n = plane.namespace(prefix).unwrap();
    let (encoded, record) = (base64(CANARY.as_bytes()), record(&n));
    plane
        .create(&format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: db, namespace: {n}}}\ndata: {{password: {encoded}, username: YXBwbGljYXRpb24=}}\n---\n\
             apiVersion: v1\nkind: Secret\nmetadata: {{name: sh.helm.release.v1.web.v1, namespace: {n}, labels: {{owner: helm, name: web, status: deployed, version: '1'}}}}\ntype: helm.sh/release.v1\ndata: {{release: {record}}}\n---\n\
             apiVersion: v1\nkind: Secret\nmetadata: {{name: old-token, namespace: {n}, annotations: {{kubernetes.io/service-account.name: web}}}}\ntype: kubernetes.io/service-account-token\ndata: {{token: {encoded}}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: {n}}}\ndata: {{dsn: {CANARY}, user: application}}\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {n}}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - name: web\n        image: nginx\n        args: ['--phrase={CANARY}']\n        env: [{{name: PHRASE, value: {CANARY}}}, {{name: WHO, value: application}}]\n"
        ))
        .unwrap();
    n
}

fn is_clean(what: &str, text: &str) {
    for form in [CANARY.to_owned(), base64(CANARY.as_bytes()), base64(base64(CANARY.as_bytes()).as_bytes())] {
        let form = form.trim_end_matches('=');
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(form)).collect();
        assert!(lines.is_empty(), "{what} holds {form}: {lines:?}");
    }
}

/// Requests of a user, from the audit log: verb and URI.
fn asked(plane: &ControlPlane, user: &str) -> Vec<String> {
    let log = std::fs::read_to_string(plane.audit_log()).unwrap();
    let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let own = events.filter(|event| event["user"]["username"] == user);
    own.map(|event| format!("{} {}", event["verb"].as_str().unwrap(), event["requestURI"].as_str().unwrap())).collect()
}

#[test]
fn values_are_compared_and_nowhere_to_be_seen() {
    let Some(plane) = plane("values of Secrets") else { return };
    let n = fill(plane, "values");
    let folder = tempfile::tempdir().unwrap();
    let user = plane.kubeconfig_of("reader", &["system:masters"]).unwrap().display().to_string();
    let scan = |more: &[&str]| {
        let arguments = ["scan", "--kubeconfig", user.as_str(), "-n", &n, "--no-config", "-v"];
        ironclad(&[&arguments[..], more].concat(), folder.path())
    };
    // Nobody asked for them: they are not asked for, and that is said.
    let without = scan(&["--format", "json"]);
    let reasons = json(&without)["summary"]["notObserved"].to_string();
    assert!(reasons.contains("only with `--read-secret-values`"), "{reasons}");
    let asked_before = asked(plane, "reader");
    assert!(!asked_before.is_empty() && !asked_before.iter().any(|request| request.contains("secrets")));

    let report = json(&scan(&["--format", "json", "--read-secret-values"]));
    let repeated: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["check"] == "secrets/repeated-value")
        .map(|f| {
            format!("{} {} {}", f["object"]["kind"].as_str().unwrap(), f["severity"].as_str().unwrap(), f["evidence"])
        })
        .collect();
    let evidence = format!("{{\"key\":\"password\",\"secret\":\"{n}/db\"}}");
    let of_web = format!("{{\"helmTemplate\":\"web/templates/web.yaml\",\"key\":\"password\",\"secret\":\"{n}/db\"}}");
    let mut expected = [
        format!("ConfigMap critical {evidence}"),
        format!("Deployment critical {of_web}"),
        format!("Deployment critical {of_web}"),
    ];
    expected.sort();
    assert_eq!(repeated, expected, "{report:#}");
    let of_secrets: Vec<String> = asked(plane, "reader").into_iter().filter(|r| r.contains("secrets")).collect();
    assert!(
        of_secrets.iter().all(|r| r.starts_with("list ") || r.contains("/secrets/sh.helm.release.v1.web.v1")),
        "{of_secrets:?}"
    );

    for format in
        ["pretty", "json", "ndjson", "sarif", "html", "markdown", "csv", "github", "gitlab", "junit", "openreports"]
    {
        is_clean(format, &text(&scan(&["--format", format, "--read-secret-values"])));
    }
    let arguments = ["snapshot", "--kubeconfig", &user, "-n", &n, "--no-config", "--list-secrets", "-o", "s.ironclad"];
    is_clean("snapshot", &text(&ironclad(&arguments, folder.path())));
    let read = ironclad_snapshot::read(
        std::fs::File::open(folder.path().join("s.ironclad")).unwrap(),
        &ironclad_snapshot::Limits::default(),
    );
    let mut content = format!("{:?}", read.header);
    // What was copied under a name that says nothing is not known to be one.
    let secrets = read.batches.iter().filter(|batch| batch.of.kind == "Secret");
    for document in secrets.flat_map(|batch| &batch.documents) {
        document.root().write_json(&mut content);
        content.push('\n');
    }
    is_clean("the snapshot", &content);
    assert!(content.contains("\"type\":\"kubernetes.io/service-account-token\""), "{content}");
}

/// A stream of changes holds no value either.
#[test]
fn a_watch_shows_no_value() {
    let Some(plane) = plane("values of Secrets in a watch") else { return };
    let n = fill(plane, "watched-values");
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_ironclad"))
        .args(["scan", "--kubeconfig", &kubeconfig, "-n", &n, "--no-config", "--read-secret-values", "--watch"])
        .args(["--format", "ndjson"])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let report = lines.next().unwrap().unwrap();
    assert!(report.contains("secrets/repeated-value"), "{report}");
    is_clean("the report", &report);
    let patch = format!("{{\"data\": {{\"copy\": \"{CANARY}\"}}}}");
    let patched = plane.kubectl(&["patch", "configmap", "-n", &n, "settings", "-p", &patch]).unwrap();
    assert!(patched.status.success());
    let event = lines.map_while(Result::ok).find(|line| line.contains("repeated-value")).unwrap();
    assert!(event.starts_with("{\"event\":\"opened\""), "{event}");
    is_clean("an event", &event);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Metadata does not say of what type a Secret is: each type that a check asks for is a listing of its own.
#[test]
fn types_are_told_without_values() {
    let Some(plane) = plane("types of Secrets") else { return };
    let n = fill(plane, "types");
    let folder = tempfile::tempdir().unwrap();
    let user = plane.kubeconfig_of("lister", &["system:masters"]).unwrap().display().to_string();
    let arguments = ["scan", "--kubeconfig", &user, "-n", &n, "--no-config", "--list-secrets", "--format", "json"];
    let report =
        json(&ironclad(&[&arguments[..], &["--select", "rbac/sa-legacy-token-secret"]].concat(), folder.path()));
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report:#}");
    assert_eq!(report["findings"][0]["object"]["name"], "old-token");
    let listed: Vec<String> =
        asked(plane, "lister").into_iter().filter(|request| request.contains("/secrets")).collect();
    let token = "type%3Dkubernetes.io%2Fservice-account-token";
    let others = "type%21%3Dkubernetes.io%2Fservice-account-token";
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(listed.iter().any(|r| r.contains(token)) && listed.iter().any(|r| r.contains(others)), "{listed:?}");
}

#[test]
fn permissions_for_values_are_asked_for_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let role = |more: &[&str]| {
        let output = ironclad(&[&["cluster", "permissions", "--no-config"], more].concat(), folder.path());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        text(&output)
    };
    assert!(!role(&[]).contains("- secrets\n"));
    let listed = role(&["--list-secrets"]);
    assert!(listed.contains("- secrets\n") && !listed.contains("[get, list]"), "{listed}");
    let values = role(&["--read-secret-values"]);
    assert!(values.contains("  resources:\n  - secrets\n  verbs: [get, list]\n"), "{values}");
    assert!(role(&[]).contains("- nonResourceURLs: [/metrics]\n  verbs: [get]\n"));
    assert!(!role(&["--select", "workload/"]).contains("metrics"));
}
