//! Argo CD's and Flux's objects as a user scans them: what they deploy is judged once, as they deploy it, and findings
//! stand where a person edits. And trees that mix charts with what lies beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn ironclad(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ironclad"))
        .args(arguments)
        .current_dir(folder)
        .env("SOURCE_DATE_EPOCH", "1795478400")
        .env_remove("IRONCLAD_POLICY_CONFIG")
        .output()
        .unwrap()
}

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

const FLUX: &str = "@ clusters/prod/sync.yaml
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, url: https://git.example/ops.git}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {path: ./clusters/prod, sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: infra, namespace: flux-system}
spec:
  path: ./infra
  sourceRef: {kind: GitRepository, name: flux-system}
  targetNamespace: infra
  postBuild:
    substitute:
      replicas: \"2\"
    substituteFrom:
      - {kind: ConfigMap, name: vars}
      - {kind: Secret, name: keys}
@ clusters/prod/vars.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: vars, namespace: flux-system}
data:
  tag: \"1.27\"
  privileged: \"true\"
@ infra/release.yaml
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  chart:
    spec:
      chart: ./charts/web
      sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}
  valuesFrom:
    - {kind: ConfigMap, name: web-values}
    - {kind: ConfigMap, name: web-values, valuesKey: user, targetPath: extra.runAsUser}
  values:
    image: nginx:${tag}
    replicas: ${replicas}
    privileged: ${privileged:=false}
  postRenderers:
    - kustomize:
        images: [{name: nginx, newName: registry.example/nginx}]
        patches:
          - target: {kind: Deployment}
            patch: |
              - op: add
                path: /spec/template/spec/hostPID
                value: true
@ infra/values.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: web-values}
data:
  user: \"0\"
  values.yaml: |
    extra:
      allowPrivilegeEscalation: true
    replicas: 5
@ infra/remote.yaml
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: redis}
spec:
  chart:
    spec:
      chart: redis
      sourceRef: {kind: HelmRepository, name: charts}
";

#[test]
fn releases_get_values_that_variables_went_into() {
    let folder = tree(&format!("{CHART}{FLUX}"));
    let seen = Seen::of(folder.path(), &[]);
    assert_eq!(seen.errors(), &[] as &[Value]);
    let web = &seen.object("Deployment", "web");
    assert_eq!(web["metadata"]["namespace"], "infra");
    let pod = &web["spec"]["template"]["spec"];
    assert_eq!(web["spec"]["replicas"], 2, "a text that becomes a number is one, and goes over valuesFrom");
    assert_eq!(pod["containers"][0]["image"], "registry.example/nginx:1.27");
    assert_eq!(pod["containers"][0]["securityContext"]["runAsUser"], 0);
    assert_eq!(pod["hostPID"], true);
    assert_eq!(seen.object("HelmRelease", "web")["spec"]["values"]["privileged"], true);
    // The value of a variable, a line of a ConfigMap's file, a patch of the release.
    assert_eq!(seen.places("workload/privileged", "web"), ["clusters/prod/vars.yaml:6"]);
    assert_eq!(seen.places("workload/privilege-escalation", "web"), ["infra/values.yaml:8"]);
    let patched = seen.places("workload/host-pid", "web");
    assert!(patched.iter().all(|place| place.starts_with("infra/release.yaml:")) && patched.len() == 1, "{patched:?}");
    assert_eq!(
        seen.reasons(),
        [
            "Kustomization flux-system/infra: Secret \"keys\" is not read: what it would set is missing",
            "HelmRelease infra/redis: chart \"redis\": HelmRepository \"charts\" is not in this tree",
        ]
    );
}

#[test]
fn of_objects_with_one_name_the_nearest_is_meant() {
    let cluster = |name: &str| {
        format!(
            "@ clusters/{name}/apps.yaml
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: apps, namespace: flux-system}}
spec:
  path: ./apps
  sourceRef: {{kind: GitRepository, name: flux-system}}
  namePrefix: {name}-
  postBuild: {{substituteFrom: [{{kind: ConfigMap, name: vars}}]}}
@ clusters/{name}/vars.yaml
apiVersion: v1
kind: ConfigMap
metadata: {{name: vars, namespace: flux-system}}
data: {{cluster: {name}}}
"
        )
    };
    let apps = "@ apps/kustomization.yaml
resources: [c.yaml]
@ apps/c.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {name: '${cluster}'}
";
    let folder = tree(&format!("{}{}{apps}", cluster("a"), cluster("b")));
    let seen = Seen::of(folder.path(), &[]);
    assert_eq!(seen.errors(), &[] as &[Value]);
    assert_eq!(seen.object("ConfigMap", "a-c")["data"]["name"], "a");
    assert_eq!(seen.object("ConfigMap", "b-c")["data"]["name"], "b");
    // Deployed unchanged by both, it is judged once.
    let plain = format!("{}{}{apps}", cluster("a"), cluster("b"));
    let plain = plain.replace("  namePrefix: a-\n", "").replace("  namePrefix: b-\n", "");
    let lines: Vec<&str> = plain.lines().filter(|line| !line.contains("postBuild")).collect();
    let folder = tree(&(lines.join("\n") + "\n"));
    assert_eq!(Seen::of(folder.path(), &[]).object("ConfigMap", "c")["data"]["name"], "${cluster}");
}

#[test]
fn artifacts_lead_to_what_they_are_copied_from() {
    let folder = tree(
        "@ clusters/staging/all.yaml
apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: flux-system, namespace: flux-system}
spec:
  sources: [{alias: repo, kind: GitRepository, name: flux-system}]
  artifacts:
    - name: apps
      copy:
        - {from: '@repo/apps/base/**', to: '@artifact/base/'}
        - {from: '@repo/apps/staging/**', to: '@artifact/staging/'}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {path: ./staging, sourceRef: {kind: ExternalArtifact, name: apps}, targetNamespace: shop}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: other, namespace: flux-system}
spec: {path: ./production, sourceRef: {kind: ExternalArtifact, name: apps}}
@ apps/base/kustomization.yaml
resources: [s.yaml]
@ apps/base/s.yaml
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {ports: [{port: 80}]}
@ apps/staging/kustomization.yaml
resources: [../base]
",
    );
    let seen = Seen::of(folder.path(), &[]);
    assert_eq!(seen.errors(), &[] as &[Value]);
    assert_eq!(seen.object("Service", "s")["metadata"]["namespace"], "shop");
    assert_eq!(seen.reasons(), ["Kustomization flux-system/other: ExternalArtifact \"apps\" is not in this tree"]);
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
