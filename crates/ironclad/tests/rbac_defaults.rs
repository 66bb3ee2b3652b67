//! What a fresh API server makes by itself yields nothing at medium or above from the `rbac/` checks, beyond what is argued
//! here.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/program.rs"]
mod program;

use ironclad_testcluster::{Assets, ControlPlane, Options};
use program::{ironclad, json, text};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Check, object, and why the finding is right about an object that nobody wrote.
const ARGUED: &[(&str, &str, &str)] = &[];

#[test]
fn default_roles_and_bindings_are_quiet() {
    let assets = match Assets::find() {
        Ok(assets) => assets,
        Err(why) => return ironclad_testkit::skipped("rbac checks over a real server's defaults", &why),
    };
    let options = Options { controller_manager: true, ..Options::default() };
    let plane = ControlPlane::start(&assets, &options).unwrap();
    let get = |what: &str| {
        let output = plane.kubectl(&["get", what, "-A", "-o", "json"]).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // Aggregated roles are written by a controller, a moment later.
    let deadline = Instant::now() + Duration::from_secs(60);
    let roles = loop {
        let roles = get("clusterroles");
        let value: Value = serde_json::from_str(&roles).unwrap();
        let aggregated = |name: &str| {
            let items = value["items"].as_array().unwrap();
            items
                .iter()
                .any(|item| item["metadata"]["name"] == name && item["rules"].as_array().is_some_and(|r| r.len() > 5))
        };
        if ["admin", "edit", "view"].into_iter().all(aggregated) {
            break roles;
        }
        assert!(Instant::now() < deadline, "the aggregated roles stay empty");
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clusterroles.json"), roles).unwrap();
    let kinds = ["clusterrolebindings", "roles", "rolebindings", "namespaces", "serviceaccounts"];
    for kind in kinds {
        std::fs::write(folder.path().join(format!("{kind}.json")), get(kind)).unwrap();
    }
    let scan = |severity: &str| -> Vec<(String, String, String)> {
        let scan = ["scan", "--no-config", "--profile", "all", "--select", "rbac/", "--min-severity", severity];
        let output = ironclad(&[&scan[..], &["--format", "json", "--fail-on", "never", "."]].concat(), folder.path());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let report = json(&output);
        assert!(report["summary"]["objects"].as_u64().unwrap() > 100, "{}", report["summary"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let of = |finding: &Value| {
            let object = &finding["object"];
            let name = format!("{}/{}", text(&object["kind"]), text(&object["name"]));
            (text(&finding["check"]), name, text(&finding["message"]))
        };
        let rbac = |finding: &&Value| text(&finding["check"]).starts_with("rbac/");
        report["findings"].as_array().unwrap().iter().filter(rbac).map(of).collect()
    };
    let found = scan("medium");
    let known = |check: &str, object: &str| ARGUED.iter().any(|(c, o, _)| *c == check && *o == object);
    let surprising: Vec<_> = found.iter().filter(|(check, object, _)| !known(check, object)).collect();
    assert!(surprising.is_empty(), "{} findings: {surprising:#?}", surprising.len());
    for (check, object, why) in ARGUED {
        assert!(found.iter().any(|(c, o, _)| c == check && o == object), "no longer found: {check} {object} ({why})");
    }
    // The server's objects were looked at: the roles that are bound to nobody say something at a lower severity, or an
    // added admin does.
    let bad = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"x"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"},"subjects":[{"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"system:authenticated"}]}"#;
    std::fs::write(folder.path().join("bad.json"), bad).unwrap();
    assert!(!scan("medium").is_empty(), "everybody an admin, and nothing is found");
}
