//! Applications and sets of them.

use super::{CHART, Seen, ironclad, tree};
use serde_json::Value;

#[test]
fn applications_of_one_chart_are_judged_each_with_its_values() {
    let folder = tree(&format!(
        "{CHART}@ argocd/root.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: root, namespace: argocd}}
spec:
  destination: {{namespace: argocd}}
  source: {{repoURL: https://git.example/ops.git, path: argocd}}
@ argocd/web.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web, namespace: argocd}}
spec:
  destination: {{namespace: shop}}
  sources:
    - repoURL: https://git.example/ops.git
      path: charts/web
      helm:
        valueFiles: [$vals/envs/prod.yaml]
        values: |
          image: nginx:1.26

          privileged: true
        parameters:
          - name: replicas
            value: \"3\"
    - repoURL: https://git.example/ops.git
      ref: vals
    - repoURL: https://charts.example
      chart: redis
      targetRevision: 1.0.0
@ argocd/other.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: other, namespace: argocd}}
spec:
  destination: {{namespace: team}}
  source:
    repoURL: https://git.example/ops.git
    path: charts/web
    helm:
      releaseName: second
      valuesObject:
        extra:
          runAsUser: 0
@ envs/prod.yaml
image: nginx:1.24
extra: {{allowPrivilegeEscalation: true}}
"
    ));
    let seen = Seen::of(folder.path(), &[]);
    assert_eq!(seen.errors(), &[] as &[Value]);
    assert_eq!(
        seen.names(),
        [
            "Application argocd/other",
            "Application argocd/root",
            "Application argocd/web",
            "Deployment shop/web",
            "Deployment team/second"
        ]
    );
    let web = &seen.object("Deployment", "web")["spec"];
    assert_eq!(web["replicas"], 3);
    assert_eq!(web["template"]["spec"]["containers"][0]["image"], "nginx:1.26", "inline values go over files");
    // The line of the block that a person edits; a values file; the object of values.
    assert_eq!(seen.places("workload/privileged", "web"), ["argocd/web.yaml:14"]);
    assert_eq!(seen.places("workload/privilege-escalation", "web"), ["envs/prod.yaml:2"]);
    assert!(seen.places("workload/run-as-user-zero", "second").iter().all(|place| place == "argocd/other.yaml:12"));
    assert_eq!(
        seen.reasons(),
        ["Application argocd/web: chart \"redis\" of https://charts.example is not in this tree"]
    );
    // As it is, where that is asked.
    let plain = Seen::of(folder.path(), &["--no-gitops"]);
    assert!(plain.names().contains(&"Deployment default/release-name".to_owned()), "{:?}", plain.names());
    assert!(plain.reasons().is_empty());
}

#[test]
fn the_chain_leads_through_the_template_to_the_application() {
    let folder = tree(&format!(
        "{CHART}@ app.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web}}
spec:
  source:
    path: charts/web
    helm:
      values: |
        # ironclad: ignore[workload/privileged] it is a test
        privileged: true
"
    ));
    let seen = Seen::of(folder.path(), &[]);
    let all = seen.report["findings"].as_array().unwrap();
    let finding = all.iter().find(|f| f["check"] == "workload/privileged").unwrap();
    let chain: Vec<String> = finding["renderedFrom"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| format!("{} {}:{}", link["role"].as_str().unwrap(), link["source"].as_str().unwrap(), link["line"]))
        .collect();
    assert_eq!(chain, ["template charts/web/templates/deploy.yaml:16", "values app.yaml:10"]);
    assert_eq!(finding["status"], "waived", "a comment within the block of values is one");
    assert_eq!(finding["location"]["column"], 9);
}

#[test]
fn a_kustomization_is_built_as_the_application_changes_it() {
    let folder = tree(
        "@ overlays/prod/kustomization.yaml
resources: [../base]
images: [{name: nginx, newTag: \"1.0\"}]
@ overlays/base/kustomization.yaml
resources: [d.yaml]
@ overlays/base/d.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: base}
spec:
  selector: {matchLabels: {app: base}}
  template:
    metadata: {labels: {app: base}}
    spec:
      containers: [{name: c, image: nginx}]
@ app.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: kust}
spec:
  destination: {namespace: team}
  source:
    path: overlays/prod
    kustomize:
      namePrefix: p-
      nameSuffix: -s
      images: [nginx=registry.example/nginx:1.27]
      replicas: [{name: base, count: 4}]
      commonLabels: {tier: web}
      patches:
        - target: {kind: Deployment}
          patch: |
            - op: add
              path: /spec/template/spec/hostNetwork
              value: true
",
    );
    let seen = Seen::of(folder.path(), &[]);
    assert_eq!(seen.errors(), &[] as &[Value]);
    assert_eq!(seen.names(), ["Application -/kust", "Deployment -/p-base-s"]);
    let spec = &seen.object("Deployment", "p-base-s")["spec"];
    assert_eq!(spec["template"]["spec"]["containers"][0]["image"], "registry.example/nginx:1.27");
    assert_eq!(spec["replicas"], 4);
    assert_eq!(spec["selector"]["matchLabels"]["tier"], "web");
    let place = seen.places("workload/host-network", "p-base-s");
    assert!(place.iter().all(|place| place.starts_with("app.yaml:")), "{place:?}");
    let all = seen.report["findings"].as_array().unwrap();
    let object = &all.iter().find(|f| f["check"] == "workload/host-network").unwrap()["object"];
    assert_eq!(object["namespace"], "team", "objects without a namespace go to the destination's");
}

#[test]
fn sets_become_their_applications() {
    let folder = tree(&format!(
        "{CHART}@ sets.yaml
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: set, namespace: argocd}}
spec:
  generators:
    - matrix:
        generators:
          - list: {{elements: [{{cluster: eu, tag: \"1.20\"}}, {{cluster: us, tag: \"1.21\"}}]}}
          - list: {{elements: [{{stage: test}}]}}
    - clusters: {{}}
  template:
    metadata:
      name: 'web-{{{{cluster}}}}-{{{{stage}}}}'
    spec:
      destination: {{namespace: 'ns-{{{{cluster}}}}'}}
      source:
        path: charts/web
        helm:
          values: |
            image: nginx:{{{{tag}}}}
            privileged: true
---
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: teams, namespace: argocd}}
spec:
  goTemplate: true
  generators:
    - git:
        directories: [{{path: 'teams/*'}}, {{path: teams/skip, exclude: true}}]
  template:
    metadata:
      name: '{{{{ .path.basename }}}}'
    spec:
      destination: {{namespace: '{{{{ index .path.segments 1 }}}}'}}
      source:
        path: '{{{{ .path.path }}}}'
        kustomize:
          namePrefix: '{{{{ .path.basename }}}}-'
@ teams/a/kustomization.yaml
resources: [s.yaml]
@ teams/a/s.yaml
apiVersion: v1
kind: Service
metadata: {{name: s}}
spec: {{ports: [{{port: 80}}]}}
@ teams/skip/kustomization.yaml
resources: [s.yaml]
@ teams/skip/s.yaml
apiVersion: v1
kind: Service
metadata: {{name: skipped}}
spec: {{ports: [{{port: 80}}]}}
"
    ));
    let seen = Seen::of(folder.path(), &[]);
    assert_eq!(seen.errors(), &[] as &[Value]);
    assert_eq!(
        seen.names(),
        [
            "ApplicationSet argocd/set",
            "ApplicationSet argocd/teams",
            "Deployment ns-eu/web-eu-test",
            "Deployment ns-us/web-us-test",
            "Service -/a-s",
            "Service -/skipped"
        ]
    );
    assert_eq!(seen.places("workload/privileged", "web-us-test"), ["sets.yaml:21"]);
    assert_eq!(seen.reasons(), ["ApplicationSet argocd/set: generator `clusters` asks for what is not in this tree"]);
}

#[test]
fn generators_read_files_and_folders_say_what_goes_over_applications() {
    let folder = tree(&format!(
        "{CHART}@ set.yaml
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: set, namespace: argocd}}
spec:
  generators:
    - git: {{files: [{{path: 'clusters/**/config.yaml'}}]}}
  template:
    metadata: {{name: '{{{{path.basename}}}}-web'}}
    spec:
      destination: {{namespace: '{{{{cluster.space}}}}'}}
      source:
        path: charts/web
        helm:
          parameters: [{{name: image, value: '{{{{image}}}}'}}]
@ clusters/eu/config.yaml
cluster: {{space: europe}}
image: nginx:eu
@ clusters/us/config.json
{{}}
@ app.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: own}}
spec:
  destination: {{namespace: own}}
  source:
    path: charts/web
    helm:
      parameters:
        - {{name: image, value: 'a,b'}}
        - {{name: extra.text, value: '$ARGOCD_APP_NAME-x'}}
      fileParameters: [{{name: extra.file, path: notes.txt}}]
@ charts/web/notes.txt
read
@ kust.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: kust}}
spec:
  source: {{path: overlay, kustomize: {{images: [nginx=one:1]}}}}
@ overlay/kustomization.yaml
resources: [p.yaml]
@ overlay/p.yaml
apiVersion: v1
kind: Pod
metadata: {{name: p}}
spec: {{containers: [{{name: c, image: nginx, securityContext: {{privileged: true}}}}]}}
@ overlay/.argocd-source-kust.yaml
kustomize: {{images: [nginx=two:2]}}
"
    ));
    let seen = Seen::of(folder.path(), &[]);
    assert_eq!(seen.errors(), &[] as &[Value]);
    let image = |object: &Value| object["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    let made = seen.object("Deployment", "eu-web");
    assert_eq!(made["metadata"]["namespace"], "europe");
    assert_eq!(image(made), "nginx:eu");
    let own = seen.object("Deployment", "own");
    assert_eq!(image(own), "a,b", "a comma of a parameter parts nothing");
    let context = &own["spec"]["template"]["spec"]["containers"][0]["securityContext"];
    assert_eq!((&context["text"], &context["file"]), (&"own-x".into(), &"read\n".into()));
    assert_eq!(
        seen.object("Pod", "p")["spec"]["containers"][0]["image"],
        "two:2",
        "the file goes over the Application"
    );
}

#[test]
fn what_names_another_repository_is_not_followed() {
    let folder = tree(&format!(
        "{CHART}@ app.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web}}
spec:
  destination: {{namespace: shop}}
  source: {{repoURL: https://github.com/else/guestbook, path: charts/web}}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: gone}}
spec:
  source: {{repoURL: git@github.com:own/ops.git, path: charts/gone}}
@ .git/config
[remote \"origin\"]
	url = https://github.com/own/ops.git
"
    ));
    let seen = Seen::of(folder.path(), &[]);
    assert_eq!(
        seen.reasons(),
        [
            "Application web: https://github.com/else/guestbook is another repository",
            "Application gone: \"charts/gone\" is not in this tree",
        ]
    );
    assert!(seen.names().contains(&"Deployment default/release-name".to_owned()), "the chart is judged as it is");
    let plain = ironclad(&["scan", ".", "--fail-on", "never"], folder.path());
    let text = String::from_utf8_lossy(&plain.stdout);
    assert!(text.contains("2 objects deploy what is not in this tree"), "{text}");
    assert_eq!(plain.status.code(), Some(0));
}

#[test]
fn an_application_that_a_chart_prints_is_followed_to_the_values_of_that_chart() {
    let folder = tree(&format!(
        "{CHART}@ apps/Chart.yaml
apiVersion: v2
name: apps
version: 1.0.0
@ apps/values.yaml
privileged: true
@ apps/templates/web.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web}}
spec:
  destination: {{namespace: shop}}
  source:
    path: charts/web
    helm:
      valuesObject:
        privileged: {{{{ .Values.privileged }}}}
"
    ));
    let seen = Seen::of(folder.path(), &[]);
    assert_eq!(seen.errors(), &[] as &[Value]);
    assert_eq!(seen.names(), ["Application -/web", "Deployment shop/web"]);
    assert_eq!(seen.places("workload/privileged", "web"), ["apps/values.yaml:1"]);
}

#[test]
fn a_failure_says_which_application_asked() {
    let folder = tree(
        "@ chart/Chart.yaml
apiVersion: v2
name: c
version: 1.0.0
@ chart/templates/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {a: {{ required \"say a\" .Values.a }}}
@ app.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: fine}
spec:
  source: {path: chart, helm: {valuesObject: {a: x}}}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: broken}
spec:
  source: {path: chart}
",
    );
    let output = ironclad(&["scan", ".", "--format", "json", "--fail-on", "never"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let errors = report["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0]["message"].as_str().unwrap().ends_with("(for Application broken)"), "{errors:?}");
}
