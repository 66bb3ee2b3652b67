//! `ironclad fix` where the values stand in an object that deploys a chart.

use super::{CHART, Seen, ironclad, tree};
use std::path::Path;

/// The chart with a template that a fix of the value alone makes good.
fn application(helm: &str) -> String {
    format!(
        "{CHART}@ apps/web.yaml
# The first document of its file is another object.
apiVersion: v1
kind: ConfigMap
metadata: {{name: other, namespace: argocd}}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web, namespace: argocd}}
spec:
  source:
    path: charts/web
    repoURL: .
    helm:
{helm}  destination: {{namespace: shop}}
"
    )
}

fn fix(folder: &Path, more: &[&str]) -> (String, Option<i32>) {
    let mut arguments = vec!["fix", ".", "--write", "--select", "workload/privileged", "--no-config"];
    arguments.extend(more);
    let output = ironclad(&arguments, folder);
    (String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code())
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// What the object says before and after.
const WRITTEN: &[(&str, &str)] = &[
    (
        "      valuesObject:\n        # why\n        privileged: true # for now\n        replicas: 2\n",
        "      valuesObject:\n        # why\n        privileged: false # for now\n        replicas: 2\n",
    ),
    (
        "      values: |\n        # why\n        privileged: true # for now\n        replicas: 2\n",
        "      values: |\n        # why\n        privileged: false # for now\n        replicas: 2\n",
    ),
    (
        "      values: |-\n          replicas: 2\n          privileged: true\n",
        "      values: |-\n          replicas: 2\n          privileged: false\n",
    ),
    (
        "      parameters:\n      - {name: replicas, value: \"2\"}\n      - name: privileged\n        value: \"true\"\n",
        "      parameters:\n      - {name: replicas, value: \"2\"}\n      - name: privileged\n        value: \"false\"\n",
    ),
];

#[test]
fn values_are_edited_where_an_application_says_them() {
    for (before, after) in WRITTEN {
        let folder = tree(&application(before));
        let (said, code) = fix(folder.path(), &[]);
        assert_eq!(
            read(folder.path(), "apps/web.yaml"),
            application(after).split_once("@ apps/web.yaml\n").unwrap().1,
            "{said}"
        );
        assert!(said.contains("fixed 1 finding in 1 file"), "{said}");
        assert_eq!(code, Some(0), "{said}");
        assert!(read(folder.path(), "charts/web/values.yaml").contains("privileged: false"));
    }
}

/// A list that only looks like that of an Application: its entries are values like any other.
#[test]
fn parameters_of_a_values_file_are_no_parameters() {
    let folder = tree(
        "@ web/Chart.yaml
apiVersion: v2
name: web
version: 1.0.0
@ web/values.yaml
parameters:
- name: privileged
  value: true
@ web/templates/pod.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    securityContext: {privileged: {{ (index .Values.parameters 0).value }}}
",
    );
    let (said, code) = fix(folder.path(), &[]);
    let after = "parameters:\n- name: privileged\n  value: false\n";
    assert_eq!((read(folder.path(), "web/values.yaml").as_str(), code), (after, Some(0)), "{said}");
}

#[test]
fn what_is_written_in_quotes_is_refused_with_its_line() {
    let folder = tree(&application("      values: \"privileged: true\\nreplicas: 2\\n\"\n"));
    let before = read(folder.path(), "apps/web.yaml");
    let (said, code) = fix(folder.path(), &[]);
    assert!(said.contains("the values at apps/web.yaml:14 are a text in quotes"), "{said}");
    assert_eq!((read(folder.path(), "apps/web.yaml"), code), (before, Some(2)));
}

#[test]
fn a_release_and_the_map_that_it_takes_values_from_are_edited() {
    let folder = tree(&format!(
        "{CHART}@ clusters/release.yaml
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: repo, namespace: flux-system}}
spec: {{url: .}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: web-values, namespace: shop}}
data:
  values.yaml: |
    privileged: true
    replicas: 3
  more: x
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: web, namespace: shop}}
spec:
  chart:
    spec:
      chart: ./charts/web
      sourceRef: {{kind: GitRepository, name: repo, namespace: flux-system}}
  valuesFrom:
  - kind: ConfigMap
    name: web-values
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: own, namespace: shop}}
spec:
  chart:
    spec:
      chart: ./charts/web
      sourceRef: {{kind: GitRepository, name: repo, namespace: flux-system}}
  values:
    privileged: true
"
    ));
    let before = read(folder.path(), "clusters/release.yaml");
    let (said, code) = fix(folder.path(), &[]);
    assert_eq!(
        read(folder.path(), "clusters/release.yaml"),
        before.replace("privileged: true", "privileged: false"),
        "{said}"
    );
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_patch_in_an_application_is_edited_there() {
    let folder = tree(
        "@ base/kustomization.yaml
resources: [pod.yaml]
@ base/pod.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
@ apps/web.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  source:
    path: base
    repoURL: .
    kustomize:
      patches:
      - patch: |
          apiVersion: v1
          kind: Pod
          metadata: {name: web}
          spec:
            containers:
            - name: web
              securityContext:
                privileged: true
                runAsNonRoot: true
  destination: {namespace: shop}
",
    );
    let before = read(folder.path(), "apps/web.yaml");
    let (said, code) = fix(folder.path(), &[]);
    let after = read(folder.path(), "apps/web.yaml");
    let expected = [
        before.replace("                privileged: true\n", ""),
        before.replace("privileged: true", "privileged: false"),
    ];
    assert!(expected.contains(&after), "{said}\n{after}");
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_template_of_several_applications_is_edited_where_all_of_them_want_it() {
    let set = |value: &str| {
        format!(
            "{CHART}@ apps/set.yaml
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: web, namespace: argocd}}
spec:
  generators:
  - list: {{elements: [{{env: a}}, {{env: b}}]}}
  template:
    metadata: {{name: 'web-{{{{env}}}}'}}
    spec:
      source:
        path: charts/web
        repoURL: .
        helm:
          valuesObject:
            privileged: {value}
      destination: {{namespace: '{{{{env}}}}'}}
"
        )
    };
    let folder = tree(&set("true"));
    let (said, _) = fix(folder.path(), &[]);
    let after = read(folder.path(), "apps/set.yaml");
    let expected = set("false");
    assert_eq!(after, expected.split_once("@ apps/set.yaml\n").unwrap().1, "{said}");
}

#[test]
fn the_file_that_a_generator_makes_values_of_is_edited() {
    let folder = tree(&format!(
        "{CHART}@ clusters/kustomization.yaml
resources: [release.yaml]
configurations: [names.yaml]
configMapGenerator:
- name: web-values
  namespace: shop
  files: [values.yaml=web-values.yaml]
@ clusters/names.yaml
nameReference:
- kind: ConfigMap
  version: v1
  fieldSpecs: [{{path: spec/valuesFrom/name, kind: HelmRelease}}]
@ clusters/web-values.yaml
# the values of web
replicas: 2
privileged: true
@ clusters/release.yaml
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: repo, namespace: flux-system}}
spec: {{url: .}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: web, namespace: shop}}
spec:
  chart:
    spec:
      chart: ./charts/web
      sourceRef: {{kind: GitRepository, name: repo, namespace: flux-system}}
  valuesFrom:
  - {{kind: ConfigMap, name: web-values}}
"
    ));
    let seen = Seen::of(folder.path(), &[]);
    assert_eq!(seen.places("workload/privileged", "web"), ["clusters/web-values.yaml:3"]);
    let (said, code) = fix(folder.path(), &[]);
    let after = "# the values of web\nreplicas: 2\nprivileged: false\n";
    assert_eq!((read(folder.path(), "clusters/web-values.yaml").as_str(), code), (after, Some(0)), "{said}");
}

#[test]
fn a_value_of_an_app_of_apps_is_edited_where_it_is_handed_on() {
    // A block that a template fills is one text to the chart: which value is in it is not known to the byte.
    for (says, after, code, words) in [
        ("valuesObject:\n        privileged: {{ .Values.privileged }}", "false", 0, "fixed 1 finding"),
        (
            "values: |\n        privileged: {{ .Values.privileged }}",
            "true",
            2,
            "it is computed from apps/templates/web.yaml:",
        ),
    ] {
        let folder = tree(&format!(
            "{CHART}@ apps/Chart.yaml
apiVersion: v2
name: apps
version: 1.0.0
@ apps/values.yaml
# for all
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
      {says}
"
        ));
        let (said, found) = fix(folder.path(), &[]);
        let after = format!("# for all\nprivileged: {after}\n");
        assert_eq!((read(folder.path(), "apps/values.yaml"), found), (after, Some(code)), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

/// What the same value does elsewhere is nobody's wish.
#[test]
fn a_value_that_is_used_beside_what_it_is_handed_to_stays() {
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
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: seen}}
data: {{privileged: {{{{ .Values.privileged | quote }}}}}}
"
    ));
    let (said, code) = fix(folder.path(), &[]);
    assert_eq!((read(folder.path(), "apps/values.yaml").as_str(), code), ("privileged: true\n", Some(2)), "{said}");
    assert!(said.contains("the edit would also change"), "{said}");
}
