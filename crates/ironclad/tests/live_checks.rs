//! What only a cluster shows, on a real API server: images that drifted, tokens that outlived their account's word, APIs
//! that somebody still asks for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/live.rs"]
mod live;

use ironclad_testcluster::ControlPlane;
use live::{ironclad, json, plane, text};
use serde_json::Value;
use std::time::{Duration, Instant};

fn kubectl(plane: &ControlPlane, arguments: &[&str]) -> String {
    let output = plane.kubectl(arguments).unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn messages(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|f| {
            let object = &f["object"];
            format!(
                "{} {}: {}",
                object["kind"].as_str().unwrap(),
                object["name"].as_str().unwrap(),
                f["message"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn what_runs_is_held_against_its_template() {
    let Some(plane) = plane("drift of what runs") else { return };
    let n = plane.namespace("drift").unwrap();
    plane
        .create(&format!(
            "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {{name: web, namespace: {n}}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec: {{containers: [{{name: web, image: 'shop/web:1.4'}}]}}\n"
        ))
        .unwrap();
    let uid = kubectl(plane, &["get", "replicaset", "web", "-n", &n, "-o", "jsonpath={.metadata.uid}"]);
    let pod = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: {n}\n  labels: {{app: web}}\n  ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: {uid}, controller: true}}]\nspec: {{containers: [{{name: web, image: 'shop/web:1.4'}}]}}\n---\n"
        )
    };
    plane.create(&[pod("web-a"), pod("web-b")].concat()).unwrap();
    let status = |name: &str, digit: &str| {
        let digest = digit.repeat(64);
        let patch = format!(
            "{{\"status\":{{\"containerStatuses\":[{{\"name\":\"web\",\"image\":\"shop/web:1.4\",\"imageID\":\"docker.io/shop/web@sha256:{digest}\",\"ready\":true,\"restartCount\":0}}]}}}}"
        );
        kubectl(plane, &["patch", "pod", name, "-n", &n, "--subresource=status", "--type=merge", "-p", &patch]);
    };
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let scan = || {
        let arguments = ["scan", "--kubeconfig", &kubeconfig, "-n", &n, "--no-config", "--format", "json"];
        messages(&json(&ironclad(&[&arguments[..], &["--select", "image/running-drift"]].concat(), folder.path())))
    };
    assert_eq!(scan(), Vec::<String>::new());
    status("web-a", "1");
    status("web-b", "1");
    assert_eq!(scan(), Vec::<String>::new());
    status("web-b", "2");
    assert_eq!(scan(), ["ReplicaSet web: its pods run different programs under the one name `shop/web:1.4`"]);
    kubectl(plane, &["set", "image", "-n", &n, "pod/web-a", "web=shop/web:1.4-debug"]);
    assert_eq!(
        scan(),
        ["ReplicaSet web: pod \"web-a\" runs `shop/web:1.4-debug`, and the template says `shop/web:1.4`"]
    );
}

#[test]
fn tokens_outlive_the_word_of_their_account() {
    let Some(plane) = plane("tokens of pods that run") else { return };
    let n = plane.namespace("stale").unwrap();
    // Without its controllers this API server gives pods no token volume: one stands in for it.
    plane
        .create(&format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: web, namespace: {n}}}\n---\n\
             apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: {n}}}\nspec:\n  serviceAccountName: web\n  containers: [{{name: web, image: 'shop/web:1'}}]\n  volumes: [{{name: kube-api-access-x1, emptyDir: {{}}}}]\n"
        ))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let scan = || {
        let arguments = ["scan", "--kubeconfig", &kubeconfig, "-n", &n, "--no-config", "--format", "json"];
        messages(&json(&ironclad(&[&arguments[..], &["--select", "rbac/sa-stale-token"]].concat(), folder.path())))
    };
    assert_eq!(scan(), Vec::<String>::new());
    kubectl(plane, &["patch", "serviceaccount", "web", "-n", &n, "-p", "{\"automountServiceAccountToken\": false}"]);
    assert_eq!(scan(), ["Pod web: pod \"web\" keeps a token that ServiceAccount \"web\" gives no more"]);
}

#[test]
fn the_api_server_tells_what_is_still_asked_for() {
    let Some(plane) = plane("deprecated APIs in use") else { return };
    // Deprecated since 1.19, and served for good.
    kubectl(plane, &["get", "componentstatuses"]);
    let folder = tempfile::tempdir().unwrap();
    let scan = |kubeconfig: &str, more: &[&str]| {
        let arguments = ["scan", "--kubeconfig", kubeconfig, "--no-config", "--format", "json"];
        let select = ["--select", "manifest/deprecated-api-in-use"];
        ironclad(&[&arguments[..], &select, more].concat(), folder.path())
    };
    let admin = plane.kubeconfig().display().to_string();
    let asked = "APIService v1.: componentstatuses of v1 were asked for".to_owned();
    let report = json(&scan(&admin, &[]));
    assert!(messages(&report).contains(&asked), "{report:#}");
    // A snapshot tells it as well.
    let taken = ironclad(&["snapshot", "--kubeconfig", &admin, "--no-config", "-o", "s.ironclad"], folder.path());
    assert_eq!(taken.status.code(), Some(0), "{}", text(&taken));
    let arguments =
        ["scan", "s.ironclad", "--no-config", "--format", "json", "--select", "manifest/deprecated-api-in-use"];
    let of_snapshot = json(&ironclad(&arguments, folder.path()));
    assert!(messages(&of_snapshot).contains(&asked), "{of_snapshot:#}");
    // Some namespaces are no reason to ask the API server itself; who may not is told so.
    let narrow = scan(&admin, &["-n", "default"]);
    assert_eq!(narrow.status.code(), Some(0), "{}", text(&narrow));
    assert!(json(&narrow)["summary"]["notObserved"].to_string().contains("the whole cluster only"));
    let nobody = plane.kubeconfig_of("nobody-of-metrics", &[]).unwrap().display().to_string();
    let refused = scan(&nobody, &[]);
    assert_eq!(refused.status.code(), Some(2));
    let errors = json(&refused)["errors"].to_string();
    assert!(errors.contains("could not get /metrics") && errors.contains("ironclad cluster permissions"), "{errors}");
}

/// The role that is printed for values is enough for them, and for a watch.
#[test]
fn the_least_role_reads_values_and_watches() {
    let Some(plane) = plane("the least role of values") else { return };
    let folder = tempfile::tempdir().unwrap();
    let select = ["--select", "secrets/,manifest/deprecated-api-in-use,rbac/sa-legacy-token-secret"];
    let permissions =
        ["cluster", "permissions", "--no-config", "--read-secret-values", "--watch", "--name", "least-values"];
    let printed = ironclad(&[&permissions[..], &select].concat(), folder.path());
    assert_eq!(printed.status.code(), Some(0), "{}", text(&printed));
    plane.create(&String::from_utf8(printed.stdout).unwrap()).unwrap();
    let binding = ["create", "clusterrolebinding", "least-values", "--clusterrole=least-values", "--user=least-values"];
    kubectl(plane, &binding);
    let kubeconfig = plane.kubeconfig_of("least-values", &[]).unwrap().display().to_string();
    let scan = ["scan", "--kubeconfig", &kubeconfig, "--no-config", "--format", "json", "--read-secret-values"];
    // The server's authorizer reads through a cache: the binding counts once that has caught up.
    let deadline = Instant::now() + Duration::from_secs(60);
    let output = loop {
        let output = ironclad(&[&scan[..], &select].concat(), folder.path());
        if output.status.code() != Some(2) || Instant::now() > deadline {
            break output;
        }
    };
    assert_eq!(json(&output)["errors"], serde_json::json!([]), "{}", text(&output));
}
