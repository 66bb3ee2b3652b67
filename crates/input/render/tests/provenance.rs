//! Provenance, proven: change one value, render again, and the objects differ exactly where the chains led to it.

use ironclad_model::{Place, Role};
use ironclad_render::{ChartFile, ChartFiles, Options, Rendered, render};
use ironclad_tree::{Kind, Limits, NodeRef, Source, parse};
use std::collections::{BTreeMap, BTreeSet};

const TEMPLATES: &[(&str, &str)] = &[
    ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.2.3\nappVersion: \"4\"\n"),
    (
        "templates/_helpers.tpl",
        "{{- define \"c.name\" -}}{{ printf \"%s-%s\" .Release.Name .Values.name | trunc 20 | trimSuffix \"-\" }}{{- end }}
{{- define \"c.labels\" -}}
app: {{ include \"c.name\" . | quote }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- define \"c.env\" -}}
{{- range $k, $v := .Values.env }}
- name: {{ $k }}
  value: {{ tpl $v $ | squote }}
{{- end }}
{{- end }}
",
    ),
    (
        "templates/a.yaml",
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include \"c.name\" . }}
  labels:
    {{- include \"c.labels\" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      {{- with .Values.pod }}
      priorityClassName: {{ .priority | lower }}
      {{- end }}
      securityContext: {{- toYaml .Values.security | nindent 8 }}
      containers:
      - name: main
        image: \"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\"
        args: {{ list (printf \"--level=%s\" .Values.level) .Values.flag | toJson }}
        ports:
        {{- range .Values.ports }}
        - containerPort: {{ .port }}
          name: {{ .name | upper | lower }}
        {{- end }}
        env: {{- include \"c.env\" . | trim | nindent 8 }}
        resources:
          {{- toYaml .Values.resources | indent 10 | trimPrefix \"          \" | nindent 10 }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include \"c.name\" . }}-cm
  annotations: {sum: {{ .Values.config | sha256sum | quote }}}
data:
  app.conf: |
    {{- .Values.config | nindent 4 }}
  encoded: {{ .Values.secret | b64enc }}
  joined: {{ join \",\" .Values.list }}
  math: {{ add .Values.replicas 1 | quote }}
  merged: {{ merge (dict) .Values.over .Values.under | toJson | quote }}
  picked: {{ (fromYaml (toYaml .Values.security)).runAsUser | quote }}
  split: {{ index (splitList \":\" .Values.hostport) 0 }}
  replaced: {{ .Values.hostport | replace \":\" \"-\" }}
",
    ),
];

const VALUES: &str = "name: web
labels:
  team: one
  tier: back
replicas: 3
pod:
  priority: HIGH
security:
  runAsUser: 1000
  capabilities:
    drop:
    - ALL
image:
  repository: example.com/web
  tag: v1
level: info
flag: --fast
ports:
- port: 80
  name: http
- port: 443
  name: https
env:
  FIRST: plain
  SECOND: \"{{ .Values.name }}-x\"
resources:
  limits:
    cpu: 100m
    memory: 64Mi
config: |
  a = 1
  b = 2
secret: hunter
list:
- x
- y
over:
  k: 1
under:
  k: 2
  l: 3
hostport: host:80
";

fn rendered(values: &str) -> Rendered {
    let file = |name: &str, text: &str| ChartFile {
        name: name.to_owned(),
        shown: format!("c/{name}"),
        bytes: text.as_bytes().to_vec(),
    };
    let mut files: Vec<ChartFile> = TEMPLATES.iter().map(|(name, text)| file(name, text)).collect();
    files.push(file("values.yaml", values));
    let rendered = render(&ChartFiles { root: "c".to_owned(), files }, &Options::default());
    assert!(rendered.problems.is_empty(), "{:?}", rendered.problems);
    rendered
}

/// Every scalar of every object by its place, with the ends in values.yaml of what supplied it.
fn scalars(rendered: &Rendered) -> BTreeMap<String, (String, BTreeSet<(u32, u32)>)> {
    let mut all = BTreeMap::new();
    for manifest in &rendered.manifests {
        for document in &manifest.documents {
            let kind = document.root().get_str("kind").unwrap().value().as_str().unwrap().to_owned();
            let mut pending: Vec<(String, NodeRef<'_>)> = vec![(kind, document.root())];
            while let Some((path, node)) = pending.pop() {
                match node.kind() {
                    Kind::Mapping => {
                        pending.extend(node.entries().map(|e| (format!("{path}/{}", e.key()), e.value())));
                    }
                    Kind::Sequence => {
                        pending.extend(node.items().enumerate().map(|(i, item)| (format!("{path}/{i}"), item)));
                    }
                    _ => {
                        let ends = manifest
                            .origins
                            .suppliers(node.span())
                            .into_iter()
                            .filter(|link| link.role == Role::Values)
                            .map(|link| (link.span.start, link.span.end))
                            .collect();
                        let mut json = String::new();
                        node.write_json(&mut json);
                        all.insert(path, (json, ends));
                    }
                }
            }
        }
    }
    all
}

/// The scalars of the values: their entries' spans, and the spans of the values alone.
fn leaves(values: &str) -> Vec<((u32, u32), std::ops::Range<usize>)> {
    let parsed = parse(&Source::new("values.yaml", values), &Limits::default());
    let mut found = Vec::new();
    let mut pending = vec![(parsed.documents[0].root(), parsed.documents[0].root().span())];
    while let Some((node, span)) = pending.pop() {
        match node.kind() {
            Kind::Mapping => pending.extend(node.entries().map(|e| {
                let scalar = !matches!(e.value().kind(), Kind::Mapping | Kind::Sequence);
                (e.value(), if scalar { e.span() } else { e.value().span() })
            })),
            Kind::Sequence => pending.extend(node.items().map(|item| (item, item.span()))),
            _ => found.push(((span.start, span.end), node.span().start as usize..node.span().end as usize)),
        }
    }
    found
}

/// Another value of the same sort, in which every character is another: a number stays a number, an action in a text
/// stays as it is.
fn changed(text: &str) -> String {
    let from = text.rfind("}}").map_or(0, |at| at + 2);
    let next = |c: char| match c {
        '9' => '1',
        'z' => 'a',
        'Z' => 'A',
        c if c.is_ascii_alphanumeric() => char::from(c as u8 + 1),
        c => c,
    };
    // The sign of a block of text is no part of it.
    let from = if text.starts_with('|') { 1 } else { from };
    text.char_indices().map(|(at, c)| if at < from { c } else { next(c) }).collect()
}

#[test]
fn a_changed_value_changes_what_its_provenance_says() {
    let before = scalars(&rendered(VALUES));
    let mut checked = 0;
    for (place, value) in leaves(VALUES) {
        let text = format!("{}{}{}", &VALUES[..value.start], changed(&VALUES[value.clone()]), &VALUES[value.end..]);
        let after = scalars(&rendered(&text));
        assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "{text}");
        let differ: BTreeSet<&String> = before.keys().filter(|key| before[*key].0 != after[*key].0).collect();
        let said: BTreeSet<&String> = before.keys().filter(|key| before[*key].1.contains(&place)).collect();
        let cut = &VALUES[place.0 as usize..place.1 as usize];
        // `merge` hides what it overrides; whatever it shows, it must name.
        assert_eq!(differ, said, "after changing `{cut}`");
        checked += usize::from(!said.is_empty());
    }
    assert!(checked >= 20, "only {checked} values were seen in the objects");
}

#[test]
fn a_scalar_of_one_value_is_edited_there() {
    let rendered = rendered(VALUES);
    let manifest =
        rendered.manifests.iter().find(|m| m.template.ends_with("a.yaml") && m.source.text().contains("apps/v1"));
    let manifest = manifest.unwrap();
    let document = &manifest.documents[0];
    let edited = |pointer: &str| {
        let node = document.root().at_pointer(pointer).unwrap();
        let place = Place { node: node.id(), missing: Vec::new(), part: None };
        let chain = manifest.origins.resolve(document, &place, place.span(document));
        let end = chain.last().unwrap();
        let text = end.source.text()[end.span.start as usize..end.span.end as usize].to_owned();
        (end.source.name().to_string(), text)
    };
    let is = |pointer: &str, file: &str, text: &str| {
        assert_eq!(edited(pointer), (format!("c/{file}"), text.to_owned()), "{pointer}");
    };
    is("/spec/replicas", "values.yaml", "replicas: 3");
    is("/metadata/labels/team", "values.yaml", "team: one");
    is("/spec/template/spec/securityContext/capabilities/drop/0", "values.yaml", "ALL");
    is("/spec/template/spec/containers/0/env/1/name", "values.yaml", "SECOND");
    is("/spec/template/spec/containers/0/resources/limits/memory", "values.yaml", "memory: 64Mi");
    is("/kind", "templates/a.yaml", "kind: Deployment");
    is(
        "/spec/template/spec/containers/0/image",
        "templates/a.yaml",
        "image: \"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\"",
    );
}
