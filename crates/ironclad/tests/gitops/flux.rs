//! Releases, kustomizations and artifacts of Flux.

use super::{CHART, Seen, tree};
use serde_json::Value;

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
