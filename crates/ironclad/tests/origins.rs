//! Where live objects come from: charts, applications and Kustomizations among the files, and what drifted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/live.rs"]
mod live;

use live::{ironclad, ironclad_reading, json, plane, text};
use serde_json::Value;
use std::path::Path;

fn write(root: &Path, name: &str, content: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn deployment(name: &str, metadata: &str, privileged: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  {metadata}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - name: web\n        image: nginx\n        securityContext:\n          privileged: {privileged}\n"
    )
}

/// The place of the finding in the object of this name.
fn finding<'r>(report: &'r Value, name: &str) -> &'r Value {
    let found = report["findings"].as_array().unwrap().iter().find(|finding| finding["object"]["name"] == name);
    found.unwrap_or_else(|| panic!("nothing of {name} in {report:#}"))
}

#[test]
fn objects_lead_to_what_deploys_them() {
    let Some(plane) = plane("origins of live objects") else { return };
    let n = plane.namespace("origins").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    // A chart, installed under a name of its own.
    write(root, "repo/charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n");
    write(root, "repo/charts/web/values.yaml", "image: nginx\nrisky: true\n");
    let template = deployment("{{ .Release.Name }}-web", "namespace: {{ .Release.Namespace }}", "{{ .Values.risky }}");
    write(root, "repo/charts/web/templates/web.yaml", &template);
    // Two environments of one application.
    let plain = |privileged: &str| deployment("shop", &format!("namespace: {n}"), privileged);
    write(root, "repo/deploy/prod/shop.yaml", &plain("true"));
    write(root, "repo/deploy/stage/shop.yaml", &plain("false"));
    write(
        root,
        "repo/apps.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop-prod, namespace: argocd}\nspec: {source: {repoURL: x, path: deploy/prod}}\n---\n\
         apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec: {path: ./flux/prod}\n",
    );
    let of_flux = |privileged: &str| deployment("api", &format!("namespace: {n}"), privileged);
    write(root, "repo/flux/prod/api.yaml", &of_flux("false"));
    write(root, "repo/flux/stage/api.yaml", &of_flux("true"));

    let helm = format!(
        "namespace: {n}\n  labels: {{helm.sh/chart: web-0.1.0}}\n  annotations: {{meta.helm.sh/release-name: prod, meta.helm.sh/release-namespace: {n}}}"
    );
    let argo = format!(
        "namespace: {n}\n  annotations: {{'argocd.argoproj.io/tracking-id': 'shop-prod:apps/Deployment:{n}/shop'}}"
    );
    let flux = format!(
        "namespace: {n}\n  labels: {{kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}}"
    );
    let objects =
        [deployment("prod-web", &helm, "true"), deployment("shop", &argo, "true"), deployment("api", &flux, "true")];
    plane.create(&objects.join("---\n")).unwrap();

    let kubeconfig = plane.kubeconfig().display().to_string();
    let scan = |more: &[&str]| {
        let arguments =
            ["scan", "--kubeconfig", &kubeconfig, "-n", &n, "--no-config", "--select", "workload/privileged"];
        ironclad(&[&arguments[..], more].concat(), root)
    };
    let report = json(&scan(&["--format", "json", "--source", "repo"]));
    let place = |name: &str| {
        let finding = finding(&report, name);
        format!("{}:{}", finding["location"]["source"].as_str().unwrap(), finding["location"]["line"])
    };
    let managed = |name: &str| finding(&report, name)["object"]["managedBy"].as_str().unwrap().to_owned();
    assert_eq!(report["errors"], serde_json::json!([]), "{report:#}");
    // The value that a person edits, through the template.
    assert_eq!(place("prod-web"), "repo/charts/web/values.yaml:2");
    assert_eq!(managed("prod-web"), format!("Helm release {n}/prod (chart web-0.1.0)"));
    assert_eq!(place("shop"), "repo/deploy/prod/shop.yaml:15");
    assert_eq!(managed("shop"), "Argo CD application shop-prod");
    assert_eq!(place("api"), "repo/flux/prod/api.yaml:15");
    assert_eq!(managed("api"), "Flux Kustomization flux-system/apps");
    // Somebody changed it in the cluster.
    let drift = &finding(&report, "api")["evidence"]["drift"];
    assert_eq!(drift, "the manifest says `false`, and the cluster has `true`");
    assert!(finding(&report, "shop")["evidence"]["drift"].is_null());
    let pretty = text(&scan(&["--source", "repo"]));
    assert!(pretty.contains("deployed by: Flux Kustomization flux-system/apps"), "{pretty}");
    assert!(pretty.contains("drift: the manifest says `false`"), "{pretty}");
    // Without files it still says who deploys it.
    let alone = json(&scan(&["--format", "json"]));
    assert_eq!(finding(&alone, "shop")["object"]["managedBy"], "Argo CD application shop-prod");

    // A snapshot says the same, also through a pipe.
    let arguments = ["snapshot", "--kubeconfig", &kubeconfig, "-n", &n, "--no-config", "-q", "-o", "-"];
    let taken = ironclad(&arguments, root);
    assert_eq!(taken.status.code(), Some(0), "{}", String::from_utf8_lossy(&taken.stderr));
    let scan = ["scan", "-", "--no-config", "--select", "workload/privileged", "--format", "json"];
    let piped = json(&ironclad_reading(&taken.stdout, &scan, root));
    assert_eq!(piped["findings"].as_array().unwrap().len(), 3, "{piped:#}");
    assert_eq!(finding(&piped, "api")["location"]["source"], "cluster:test");
}

/// A waiver that came is a change, and no finding that went; elements of lists are told by name.
#[test]
fn differences_tell_waivers_and_names() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let pod = |containers: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: shop}}\nspec:\n  hostPID: true{containers}\n"
        )
    };
    let one = "\n  containers:\n  - {name: a, image: 'a:1'}\n  - {name: b, image: 'b:1'}";
    let other = " # ironclad: ignore[workload/host-pid] an agent\n  containers:\n  - {name: c, image: 'c:1'}\n  - {name: b, image: 'b:2'}\n  - {name: a, image: 'a:1'}";
    write(root, "old/p.yaml", &pod(one));
    write(root, "new/p.yaml", &pod(other));
    let diff = |format: &str| {
        ironclad(&["diff", "old", "new", "--no-config", "--select", "workload/host-pid", "--format", format], root)
    };
    let output = diff("json");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let report = json(&output);
    let fields = ["/spec/containers[name=b]/image", "/spec/containers[name=c]"];
    assert_eq!(report["objects"]["changed"][0]["fields"], serde_json::json!(fields), "{report:#}");
    let findings = &report["findings"];
    assert_eq!((&findings["opened"], &findings["resolved"]), (&serde_json::json!([]), &serde_json::json!([])));
    assert_eq!(findings["changed"][0]["difference"], "was open, is waived: an agent");
    assert_eq!(findings["changed"][0]["new"]["status"], "waived");
    let words = text(&diff("text"));
    assert!(
        words.contains("changed high[workload/host-pid]") && words.contains("0 findings opened, 1 changed"),
        "{words}"
    );
    // Waived on both sides: nothing to say.
    let same = ironclad(&["diff", "new", "new", "--no-config", "--select", "workload/host-pid"], root);
    assert_eq!(same.status.code(), Some(0), "{}", text(&same));
}

/// A check of live objects says of files that it cannot see, where nothing else is asked for, and nothing where much is.
#[test]
fn live_checks_say_what_files_never_show() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "p.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: nginx}]}\n",
    );
    let report = |more: &[&str]| {
        json(&ironclad(&[&["scan", ".", "--no-config", "--format", "json"], more].concat(), folder.path()))
    };
    let reasons = report(&["--select", "image/running-drift"])["summary"]["notObserved"].to_string();
    assert!(reasons.contains("only a live cluster tells"), "{reasons}");
    let reasons = report(&[])["summary"]["notObserved"].to_string();
    assert!(!reasons.contains("only a live cluster tells"), "{reasons}");
}
