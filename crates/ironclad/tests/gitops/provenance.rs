//! Provenance through the objects that deploy: a mark in any value, wherever it is said, leads back from everything that
//! shows it, and what is edited there shows it.

use super::{CHART, tree};
use ironclad_load::{Request, load};
use ironclad_model::Place;
use ironclad_testkit::marked;
use ironclad_tree::Kind;
use std::collections::BTreeMap;
use std::path::Path;

const TREE: &str = "@ apps/mapping.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: mapping, namespace: argocd}
spec:
  source:
    path: charts/web
    repoURL: .
    helm:
      valuesObject:
        image: mapping:1.0
        replicas: 3
        extra: {runAsUser: 1001, seccompProfile: {type: Localhost, localhostProfile: \"p/mapping\"}}
  destination: {namespace: one}
@ apps/block.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: block, namespace: argocd}
spec:
  source:
    path: charts/web
    repoURL: .
    helm:
      releaseName: other
      values: |
        # values
        image: 'block:1.0'
        replicas: 4
        extra:
          runAsUser: 1002
          seccompProfile:
            type: Localhost
            localhostProfile: p/block
      parameters:
      - {name: replicas, value: \"5\"}
      - name: extra.runAsGroup
        value: \"2000\"
  destination: {namespace: two}
@ apps/overlay.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: overlay, namespace: argocd}
spec:
  source:
    path: base
    repoURL: .
    kustomize:
      namePrefix: pre-
      commonAnnotations: {team: shop}
      images: [nginx=registry.example/nginx:2.0]
      patches:
      - patch: |
          apiVersion: v1
          kind: Pod
          metadata: {name: pod}
          spec:
            priorityClassName: high
  destination: {namespace: three}
@ base/kustomization.yaml
resources: [pod.yaml]
commonLabels: {app: base}
@ base/pod.yaml
apiVersion: v1
kind: Pod
metadata: {name: pod, annotations: {owner: me}}
spec:
  serviceAccountName: runner
  containers: [{name: web, image: 'nginx:1.27', args: [serve]}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: runner}
@ clusters/kustomization.yaml
resources: [releases.yaml]
configurations: [names.yaml]
configMapGenerator:
- name: made
  namespace: shop
  files: [values.yaml=made.yaml]
@ clusters/names.yaml
nameReference:
- {kind: ConfigMap, version: v1, fieldSpecs: [{path: spec/valuesFrom/name, kind: HelmRelease}]}
@ clusters/made.yaml
image: made:1.0
replicas: 6
@ clusters/releases.yaml
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: repo, namespace: flux-system}
spec: {url: .}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: written, namespace: shop}
data:
  values.yaml: |
    image: written:1.0
    extra: {runAsUser: 1003}
  profile: p/written
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: first, namespace: shop}
spec:
  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: repo, namespace: flux-system}}}
  valuesFrom:
  - {kind: ConfigMap, name: made}
  - {kind: ConfigMap, name: written, valuesKey: profile, targetPath: extra.seccompProfile.localhostProfile}
  values:
    extra: {seccompProfile: {type: Localhost}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: second, namespace: shop}
spec:
  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: repo, namespace: flux-system}}}
  valuesFrom:
  - {kind: ConfigMap, name: written}
  values:
    replicas: 7
";

struct Found {
    value: String,
    kind: Kind,
    chain: Vec<(String, u32, u32)>,
}

/// The scalars of everything that was rendered, by object and pointer.
fn scalars(folder: &Path) -> Option<BTreeMap<String, Found>> {
    let loaded = load(&Request::of(vec![folder.to_owned()]), &ironclad_load::Progress::default());
    if !loaded.problems.is_empty() {
        return None;
    }
    let root = format!("{}/", folder.display());
    let mut all = BTreeMap::new();
    for (index, object) in loaded.snapshot.objects().enumerate() {
        let Some(origins) = object.origins().filter(|origins| !origins.is_empty()) else { continue };
        let document = object.document();
        for node in document.nodes().filter(|node| !matches!(node.kind(), Kind::Mapping | Kind::Sequence)) {
            let place = Place { node: node.id(), missing: Vec::new(), part: None };
            let chain = origins.resolve(document, &place, place.span(document));
            let link = |link: &ironclad_model::Link| {
                let name = link.source.name().trim_start_matches(&root).to_owned();
                (name, link.span.start, link.span.end)
            };
            let mut value = String::new();
            node.write_json(&mut value);
            let at = format!("{index} {} {}", object.identity(), place.pointer(document, document.root().id()));
            let chain = chain.iter().map(link).collect();
            all.insert(at, Found { value, kind: node.kind(), chain });
        }
    }
    Some(all)
}

#[test]
fn a_mark_in_any_value_leads_back_from_what_shows_it() {
    let text = format!("{CHART}{TREE}");
    let files: BTreeMap<&str, &str> = text.split("@ ").skip(1).map(|part| part.split_once('\n').unwrap()).collect();
    let folder = tree(&text);
    let before = scalars(folder.path()).unwrap();
    let mut places: BTreeMap<(String, u32, u32), Kind> = BTreeMap::new();
    for found in before.values() {
        for place in &found.chain {
            places.entry(place.clone()).or_insert(found.kind);
        }
    }
    let (mut tried, mut wrong) = (BTreeMap::<String, usize>::new(), Vec::new());
    for ((file, start, end), kind) in places {
        let Some(text) = files.get(file.as_str()) else {
            wrong.push(format!("{file} is no file of the tree"));
            continue;
        };
        // What a release is called, and where it is, is no value: the template that prints it is named.
        if file == "clusters/releases.yaml"
            && ["name: first", "name: second", "namespace: shop"].contains(&&text[start as usize..end as usize])
        {
            continue;
        }
        let Some((new, mark)) = marked(text, start as usize..end as usize, kind == Kind::Int) else { continue };
        std::fs::write(folder.path().join(&file), new).unwrap();
        let after = scalars(folder.path());
        std::fs::write(folder.path().join(&file), text).unwrap();
        let Some(after) = after else { continue };
        *tried.entry(file.clone()).or_default() += 1;
        let shown = &text[start as usize..end as usize];
        for (at, found) in after {
            let here = |(name, from, to): &&(String, u32, u32)| *name == file && *from <= start && start < *to;
            let shows = found.value.contains(mark);
            if shows && !found.chain.iter().any(|link| here(&link)) {
                wrong.push(format!("{at} shows {file}:{start}, `{shown}`, and does not say so: {:?}", found.chain));
            }
            let is_edited =
                found.chain.last().is_some_and(|(name, from, to)| *name == file && *from == start && *to <= end + 5);
            let same = before.get(&at).is_some_and(|old| old.value == found.value);
            let ends = shown.trim_end_matches(['"', '\'']).ends_with(found.value.trim_matches('"'));
            if is_edited && same && ends && !shows {
                wrong.push(format!("{at} says {file}:{start}, `{shown}`, and does not show it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried:?}:\n{}", wrong.len(), wrong.join("\n"));
    for file in
        ["apps/mapping.yaml", "apps/block.yaml", "apps/overlay.yaml", "clusters/made.yaml", "clusters/releases.yaml"]
    {
        assert!(tried.get(file).is_some_and(|count| *count >= 2), "{file}: {tried:?}");
    }
}
