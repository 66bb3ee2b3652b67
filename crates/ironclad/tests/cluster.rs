//! The program on a real API server: what it says of live objects in every format, what it was not shown, and which
//! requests it makes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "support/live.rs"]
mod live;
#[path = "support/schema.rs"]
mod schema;

use ironclad_testcluster::ControlPlane;
use live::{ironclad, json, plane, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

/// A scan of one namespace, and what it said.
fn scan(kubeconfig: &Path, namespace: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = kubeconfig.display().to_string();
    let mut arguments = vec!["scan", "--kubeconfig", &kubeconfig, "-n", namespace, "--no-config"];
    arguments.extend(more);
    ironclad(&arguments, folder.path())
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: NAMESPACE, annotations: {ironclad.dev/ignore.workload.privileged: so we like it}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostPID: true
      containers:
      - name: web
        image: nginx
        securityContext: {privileged: true}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: NAMESPACE}
spec: {selector: {app: other}, ports: [{port: 80}]}
";

#[test]
fn a_live_object_is_judged_as_its_manifest_is() {
    let Some(plane) = plane("scanning a real API server") else { return };
    let namespace = plane.namespace("scan").unwrap();
    let manifest = WEB.replace("NAMESPACE", &namespace);
    plane.create(&manifest).unwrap();
    let live = scan(&plane.kubeconfig(), &namespace, &["--format", "json"]);
    assert_eq!(live.status.code(), Some(1), "{}", text(&live));
    let live = json(&live);
    let schema: Value = serde_json::from_str(ironclad_report::JSON_SCHEMA).unwrap();
    schema::check(&schema, &schema, &live, "");

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("web.yaml"), &manifest).unwrap();
    let file = json(&ironclad(&["scan", ".", "--no-config", "--format", "json"], folder.path()));
    let prints = |report: &Value, check: &str| -> BTreeSet<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        let own = findings.filter(|f| f["check"] == check && f["object"]["namespace"] == namespace.as_str());
        own.map(|f| f["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    for check in ["workload/privileged", "workload/host-pid", "image/tag-latest", "wiring/dangling-service"] {
        let found = prints(&live, check);
        assert_eq!(found.len(), 1, "{check}: {live:#}");
        assert_eq!(found, prints(&file, check), "{check}");
    }
    let privileged =
        &live["findings"].as_array().unwrap().iter().find(|f| f["check"] == "workload/privileged").unwrap();
    assert_eq!(privileged["location"], serde_json::json!({"source": "cluster:test"}));
    // An annotation is told, and does not hold: who writes it is who is judged.
    assert_eq!(privileged["status"], "open");
    assert_eq!(privileged["evidence"]["waiverNotHonoured"], "so we like it");
    // Nothing that only makes sense on files, nothing of what the server itself fills in.
    for finding in live["findings"].as_array().unwrap() {
        let check = finding["check"].as_str().unwrap();
        assert!(!["manifest/schema", "manifest/yaml-1-1", "wiring/duplicate-object"].contains(&check), "{finding:#}");
    }
    let said: Vec<&str> =
        live["summary"]["notObserved"].as_array().unwrap().iter().map(|n| n["reason"].as_str().unwrap()).collect();
    assert!(said.contains(&"Secrets are listed only with `--list-secrets`"), "{said:?}");
}

#[test]
fn every_format_knows_objects_without_lines() {
    let Some(plane) = plane("reports of a live cluster") else { return };
    let namespace = plane.namespace("formats").unwrap();
    plane.create(&WEB.replace("NAMESPACE", &namespace)).unwrap();
    let select = ["--select", "workload/privileged,wiring/dangling-service"];
    let report = |format: &str| {
        let mut more = vec!["--format", format];
        more.extend(select);
        let output = scan(&plane.kubeconfig(), &namespace, &more);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let field = "spec.template.spec.containers[name=web].securityContext.privileged: true";
    let pretty = report("pretty");
    let block = format!(
        "high[workload/privileged]: container \"web\" runs privileged\n  ┌ cluster:test  Deployment {namespace}/web\n  │\n  │ {field}"
    );
    assert!(pretty.contains(&block), "{pretty}");
    assert!(pretty.contains("a live object does not waive itself"), "{pretty}");
    let sarif: Value = serde_json::from_str(&report("sarif")).unwrap();
    let place = &sarif["runs"][0]["results"][0]["locations"][0];
    assert_eq!(place["physicalLocation"], serde_json::json!({"artifactLocation": {"uri": "cluster:test"}}));
    let name = place["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap();
    assert!(name.starts_with(&format!("Deployment {namespace}/web")), "{name}");
    let github = report("github");
    assert!(
        github.contains("::error title=workload/privileged::cluster:test: container \"web\" runs privileged"),
        "{github}"
    );
    let gitlab: Value = serde_json::from_str(&report("gitlab")).unwrap();
    assert_eq!(gitlab[0]["location"]["path"], format!("cluster:test/Deployment/{namespace}/web"));
    assert!(report("junit").contains(&format!("cluster:test {field}: high: container")), "{}", report("junit"));
    assert!(report("html").contains(field));
    assert!(report("markdown").contains(&format!("`cluster:test {field}`")));
    let csv = report("csv");
    assert!(csv.contains("cluster:test,,,,,"), "{csv}");
    let reports: Value = serde_json::from_str(&report("openreports")).unwrap();
    assert_eq!(reports["items"][0]["results"][0]["properties"]["location"], "cluster:test");
}

/// What a user may list, found out from the audit log.
fn asked(plane: &ControlPlane, user: &str) -> BTreeSet<String> {
    let log = std::fs::read_to_string(plane.audit_log()).unwrap();
    let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let own = events.filter(|event| event["user"]["username"] == user && event["objectRef"].is_object());
    own.map(|event| {
        let resource = &event["objectRef"];
        let group = resource["apiGroup"].as_str().map(|group| format!(".{group}")).unwrap_or_default();
        format!("{} {}{group}", event["verb"].as_str().unwrap(), resource["resource"].as_str().unwrap())
    })
    .collect()
}

#[test]
fn what_is_refused_makes_the_scan_incomplete() {
    let Some(plane) = plane("a cluster that refuses") else { return };
    let namespace = plane.namespace("refused").unwrap();
    plane.create(&WEB.replace("NAMESPACE", &namespace)).unwrap();
    let kubeconfig = plane.kubeconfig_of("nobody", &[]).unwrap();
    let output = scan(&kubeconfig, &namespace, &["--select", "wiring/dangling-service", "--format", "json"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let report = json(&output);
    let errors: Vec<&str> =
        report["errors"].as_array().unwrap().iter().map(|e| e["message"].as_str().unwrap()).collect();
    assert!(report["errors"].as_array().unwrap().iter().all(|error| error["code"] == "cluster/forbidden"));
    assert!(
        errors.iter().any(|e| e.starts_with(&format!("could not list services in namespace {namespace}: "))),
        "{errors:?}"
    );
    let unseen = &report["summary"]["notObserved"][0];
    assert_eq!(unseen["check"], "wiring/dangling-service");
    // One Service and what makes pods, and nothing else, is asked for.
    let asked = asked(plane, "nobody");
    assert!(asked.contains("list services") && asked.contains("list deployments.apps"), "{asked:?}");
    assert!(!asked.contains("list secrets") && !asked.contains("list configmaps"), "{asked:?}");
    assert!(asked.iter().all(|request| request.starts_with("list ")), "{asked:?}");

    let folder = tempfile::tempdir().unwrap();
    for (arguments, expected) in
        [(vec!["scan", "--cluster"], "cluster/kubeconfig"), (vec!["scan", "--context", "prod"], "cluster/kubeconfig")]
    {
        let output = ironclad(&arguments, folder.path());
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output).contains(expected), "{}", text(&output));
    }
    for arguments in
        [vec!["scan", "--cluster", "."], vec!["scan", ".", "--namespaces", "a"], vec!["scan", "--cluster", "-n", "A"]]
    {
        let output = ironclad(&arguments, folder.path());
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output).contains("help"), "{}", text(&output));
    }
}

/// The role that `ironclad cluster permissions` prints is enough for a whole scan, and shows no Secret.
#[test]
fn the_least_role_is_enough() {
    let Some(plane) = plane("the least role of a scan") else { return };
    let namespace = plane.namespace("least").unwrap();
    plane.create(&WEB.replace("NAMESPACE", &namespace)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let printed = ironclad(&["cluster", "permissions", "--no-config", "--name", "least-scan"], folder.path());
    assert_eq!(printed.status.code(), Some(0), "{}", text(&printed));
    let role = String::from_utf8(printed.stdout).unwrap();
    assert!(!role.contains('*') && !role.contains("- secrets\n") && !role.contains("watch"), "{role}");
    plane.create(&role).unwrap();
    plane
        .create(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: least-scan}\n\
             roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: least-scan}\n\
             subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: least}]\n",
        )
        .unwrap();
    let kubeconfig = plane.kubeconfig_of("least", &[]).unwrap().display().to_string();
    // The server's authorizer reads through a cache: the binding counts once that has caught up.
    let deadline = Instant::now() + Duration::from_secs(60);
    let output = loop {
        let arguments = ["scan", "--kubeconfig", &kubeconfig, "--no-config", "--format", "json"];
        let output = ironclad(&arguments, folder.path());
        if output.status.code() != Some(2) || Instant::now() > deadline {
            break output;
        }
    };
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let report = json(&output);
    assert_eq!(report["errors"], serde_json::json!([]));
    assert!(!asked(plane, "least").contains("list secrets"));
    // With the cluster at hand the role names only what it serves.
    let admin = plane.kubeconfig().display().to_string();
    let served = ironclad(&["cluster", "permissions", "--no-config", "--kubeconfig", &admin], folder.path());
    let served = String::from_utf8(served.stdout).unwrap();
    assert!(served.contains("- deployments") && !served.contains("argoproj.io"), "{served}");
    let all = ironclad(&["cluster", "permissions", "--no-config", "--select", "hygiene/required-label"], folder.path());
    assert_eq!(all.status.code(), Some(2));
    assert!(text(&all).contains("look at every kind"), "{}", text(&all));
}

/// Pods are their Deployment's, old revisions nobody's, and the pods of an owner that is not seen are one.
#[test]
fn owners_answer_for_what_they_make() {
    let Some(plane) = plane("owners in a live cluster") else { return };
    let namespace = plane.namespace("owners").unwrap();
    plane.create(&WEB.replace("NAMESPACE", &namespace)).unwrap();
    let uid = |kind: &str, name: &str| {
        let output = plane.kubectl(&["get", kind, name, "-n", &namespace, "-o", "jsonpath={.metadata.uid}"]).unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let owner = |version: &str, kind: &str, name: &str, uid: &str| {
        format!(
            "ownerReferences: [{{apiVersion: {version}, kind: {kind}, name: {name}, uid: {uid}, controller: true}}]"
        )
    };
    let set = owner("apps/v1", "Deployment", "web", &uid("deployment", "web"));
    plane
        .create(&format!(
            "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata:\n  name: web-1\n  namespace: {namespace}\n  {set}\n\
             spec: {{selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}}, \
             spec: {{hostPID: true, containers: [{{name: web, image: nginx}}]}}}}}}\n"
        ))
        .unwrap();
    let pod = |name: &str, owner: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  labels: {{app: web}}\n  {owner}\n\
             spec: {{hostPID: true, containers: [{{name: web, image: nginx}}]}}\n"
        )
    };
    let replica_set = owner("apps/v1", "ReplicaSet", "web-1", &uid("replicaset", "web-1"));
    let elsewhere = owner("example.com/v1", "Machine", "m", "11111111-2222-3333-4444-555555555555");
    let pods =
        [pod("web-1-a", &replica_set), pod("m-2", &elsewhere), pod("m-1", &elsewhere), pod("alone", "labels2: {}")];
    let pods = pods.concat().replace("  labels2: {}\n", "");
    plane.create(&pods).unwrap();
    let report = json(&scan(&plane.kubeconfig(), &namespace, &["--select", "workload/host-pid", "--format", "json"]));
    let judged: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| format!("{} {}", f["object"]["kind"].as_str().unwrap(), f["object"]["name"].as_str().unwrap()))
        .collect();
    assert_eq!(judged, ["Deployment web", "Pod alone", "Pod m-1"]);
}

/// A finding in the cluster names the line of the manifest, a field that is missing the place that it belongs to, and a
/// secret in the manifest stays hidden.
#[test]
fn findings_lead_back_to_the_manifest() {
    let Some(plane) = plane("manifests of live objects") else { return };
    let namespace = plane.namespace("source").unwrap();
    let manifest = WEB.replace("NAMESPACE", &namespace).replace(
        "        image: nginx\n",
        "        image: nginx\n        env:\n        - {name: API_TOKEN, value: cAnary4711xQ9zLm2pRt}\n",
    );
    plane.create(&manifest).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deploy")).unwrap();
    std::fs::write(folder.path().join("deploy/web.yaml"), &manifest).unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let scan = |format: &str| {
        let arguments = [
            "scan",
            "--kubeconfig",
            &kubeconfig,
            "-n",
            &namespace,
            "--no-config",
            "--format",
            format,
            "--source",
            "deploy",
            "--select",
            "workload/privileged,reliability/memory-limit,secrets/env-literal,namespace/psa-missing",
        ];
        ironclad(&arguments, folder.path())
    };
    let report = json(&scan("json"));
    let line = |check: &str| {
        let finding = report["findings"].as_array().unwrap().iter().find(|f| f["check"] == check);
        finding.unwrap_or_else(|| panic!("no {check} in {report:#}"))["location"].clone()
    };
    let at = |text: &str| manifest.lines().position(|line| line.contains(text)).unwrap() + 1;
    assert_eq!(line("workload/privileged")["source"], "deploy/web.yaml");
    assert_eq!(line("workload/privileged")["line"], at("privileged: true"));
    assert_eq!(line("reliability/memory-limit")["line"], at("- name: web"));
    assert_eq!(line("secrets/env-literal")["line"], at("API_TOKEN"));
    // The namespace is in no file.
    assert_eq!(line("namespace/psa-missing"), serde_json::json!({"source": "cluster:test"}));
    for format in ["pretty", "json", "html", "sarif"] {
        assert!(!text(&scan(format)).contains("cAnary4711"), "{format}: {}", text(&scan(format)));
    }
}

/// What Argo CD and Flux deploy, as they render it: the finding names the line of the values, of the template, or of the
/// folder that the deployer was told, though another folder has an object of the same name.
#[test]
fn findings_lead_back_through_argo_cd_and_flux() {
    let Some(plane) = plane("manifests that Argo CD and Flux deploy") else { return };
    let namespace = plane.namespace("deployed").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = folder.path().join("repo").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content.replace("NAMESPACE", &namespace)).unwrap();
    };
    let deployment = |name: &str, privileged: &str, metadata: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n{metadata}spec:\n  selector: {{matchLabels: {{app: web}}}}\n  \
             template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - name: web\n        image: nginx\n        \
             securityContext:\n          privileged: {privileged}\n"
        )
    };
    for chart in ["web", "cache"] {
        write(&format!("charts/{chart}/Chart.yaml"), &format!("apiVersion: v2\nname: {chart}\nversion: 1.0.0\n"));
        write(&format!("charts/{chart}/values.yaml"), "privileged: false\n");
        let name = format!("'{{{{ .Release.Name }}}}-{chart}'");
        write(&format!("charts/{chart}/templates/d.yaml"), &deployment(&name, "{{ .Values.privileged }}", ""));
    }
    write("charts/web/prod.yaml", "# production\nprivileged: true\n");
    write(
        "apps/argo.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop, namespace: argocd}\nspec:\n  project: default\n  \
         destination: {namespace: NAMESPACE, server: https://kubernetes.default.svc}\n  \
         source: {repoURL: https://example.com/shop.git, path: charts/web, helm: {valueFiles: [prod.yaml]}}\n",
    );
    write(
        "apps/flux.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: api, namespace: flux-system}\nspec:\n  \
         interval: 1h\n  prune: true\n  path: ./api\n  sourceRef: {kind: GitRepository, name: shop}\n\
         ---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: fast, namespace: NAMESPACE}\nspec:\n  interval: 1h\n  \
         chart: {spec: {chart: ./charts/cache, sourceRef: {kind: GitRepository, name: shop, namespace: flux-system}}}\n  \
         values:\n    privileged: true\n\
         ---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: shop, namespace: flux-system}\nspec: {interval: 1h, url: https://example.com/shop.git}\n",
    );
    for place in ["api", "staging"] {
        write(&format!("{place}/api.yaml"), &deployment("api", "true", "  namespace: NAMESPACE\n"));
    }
    let live = [
        deployment(
            "shop-web",
            "true",
            &format!(
                "  namespace: {namespace}\n  annotations: {{argocd.argoproj.io/tracking-id: 'shop:apps/Deployment:{namespace}/shop-web'}}\n"
            ),
        ),
        deployment(
            "api",
            "true",
            &format!(
                "  namespace: {namespace}\n  labels: {{kustomize.toolkit.fluxcd.io/name: api, kustomize.toolkit.fluxcd.io/namespace: flux-system}}\n"
            ),
        ),
        deployment(
            "fast-cache",
            "true",
            &format!(
                "  namespace: {namespace}\n  labels: {{app.kubernetes.io/managed-by: Helm, helm.toolkit.fluxcd.io/name: fast, helm.toolkit.fluxcd.io/namespace: {namespace}}}\n  \
                 annotations: {{meta.helm.sh/release-name: fast, meta.helm.sh/release-namespace: {namespace}}}\n"
            ),
        ),
    ];
    plane.create(&live.join("---\n")).unwrap();
    let kubeconfig = plane.kubeconfig().display().to_string();
    let output = ironclad(
        &[
            "scan",
            "--kubeconfig",
            &kubeconfig,
            "-n",
            &namespace,
            "--no-config",
            "--format",
            "json",
            "--source",
            "repo",
            "--select",
            "workload/privileged",
        ],
        folder.path(),
    );
    let report = json(&output);
    let at = |name: &str| {
        let findings = report["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["object"]["name"] == name);
        let location = &finding.unwrap_or_else(|| panic!("no {name} in {report:#}"))["location"];
        format!("{}:{}", location["source"].as_str().unwrap(), location["line"])
    };
    assert_eq!(at("shop-web"), "repo/charts/web/prod.yaml:2", "{report:#}");
    assert_eq!(at("fast-cache"), "repo/apps/flux.yaml:17", "{report:#}");
    assert_eq!(at("api"), "repo/api/api.yaml:15", "{report:#}");
}
