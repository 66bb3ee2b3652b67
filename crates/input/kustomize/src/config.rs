//! Where transformers look: kustomize's own field specifications (`data/fields.txt`, written by `kustomize-oracle
//! tables`), and those of `configurations` and `crds`.

use crate::ids::Gvk;
use crate::node::Node;
use std::sync::LazyLock;

/// A field of some kinds of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    pub(crate) gvk: Gvk,
    pub(crate) path: String,
    pub(crate) create: bool,
}

/// Fields that name objects of a kind.
#[derive(Clone, Debug)]
pub(crate) struct BackReference {
    pub(crate) target: Gvk,
    pub(crate) referrers: Vec<FieldSpec>,
}

/// One list of fields for each transformer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub(crate) name_prefix: Vec<FieldSpec>,
    pub(crate) name_suffix: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) claim_labels: Vec<FieldSpec>,
    pub(crate) common_annotations: Vec<FieldSpec>,
    pub(crate) name_reference: Vec<BackReference>,
    pub(crate) var_reference: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
}

static DEFAULT: LazyLock<Config> = LazyLock::new(|| {
    let mut config = Config::default();
    let mut section = "";
    for line in include_str!("../data/fields.txt").lines().filter(|line| !line.starts_with('#')) {
        let part = |word: &str| if word == "-" { String::new() } else { word.to_owned() };
        let gvk = |group: &str, version: &str, kind: &str| Gvk {
            group: part(group),
            version: part(version),
            kind: part(kind),
        };
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            continue;
        }
        let words: Vec<&str> = line.splitn(5, ' ').collect();
        match *words.as_slice() {
            [">", group, version, kind] => {
                config.name_reference.push(BackReference { target: gvk(group, version, kind), referrers: Vec::new() });
            }
            [group, version, kind, create, path] => {
                let spec =
                    FieldSpec { gvk: gvk(group, version, kind), path: path.to_owned(), create: create == "create" };
                if section == "nameReference" {
                    config.name_reference.last_mut().into_iter().for_each(|last| last.referrers.push(spec.clone()));
                } else if let Some(list) = config.section(section) {
                    list.push(spec);
                }
            }
            _ => {}
        }
    }
    config
});

/// Merges as kustomize does: a field that a list covers is not added twice.
pub(crate) fn merge_all(into: &mut Vec<FieldSpec>, from: &[FieldSpec]) -> Result<(), String> {
    // Most kustomizations add nothing to the standard fields.
    if into.is_empty() || into.as_slice() == from {
        into.clear();
        into.extend_from_slice(from);
        return Ok(());
    }
    from.iter().try_for_each(|spec| merge_one(into, spec))
}

pub(crate) fn merge_one(into: &mut Vec<FieldSpec>, spec: &FieldSpec) -> Result<(), String> {
    match into.iter().find(|known| known.gvk.is_selected(&spec.gvk) && known.path == spec.path) {
        Some(known) if known.create != spec.create => {
            Err(format!("two field specifications of `{}` disagree on `create`", spec.path))
        }
        Some(_) => Ok(()),
        None => {
            into.push(spec.clone());
            Ok(())
        }
    }
}

impl Config {
    /// kustomize's own.
    pub(crate) fn standard() -> Config {
        DEFAULT.clone()
    }

    fn section(&mut self, name: &str) -> Option<&mut Vec<FieldSpec>> {
        Some(match name {
            "namePrefix" => &mut self.name_prefix,
            "nameSuffix" => &mut self.name_suffix,
            "namespace" => &mut self.namespace,
            "commonLabels" => &mut self.common_labels,
            "labels" => &mut self.labels,
            "templateLabels" => &mut self.template_labels,
            "volumeClaimTemplateLabels" => &mut self.claim_labels,
            "commonAnnotations" => &mut self.common_annotations,
            "varReference" => &mut self.var_reference,
            "images" => &mut self.images,
            "replicas" => &mut self.replicas,
            _ => return None,
        })
    }

    /// Adds what another configuration has.
    pub(crate) fn merge(&mut self, other: &Config) -> Result<(), String> {
        let mut other = other.clone();
        for name in [
            "namePrefix",
            "nameSuffix",
            "namespace",
            "commonLabels",
            "labels",
            "templateLabels",
            "volumeClaimTemplateLabels",
            "commonAnnotations",
            "varReference",
            "images",
            "replicas",
        ] {
            let from = other.section(name).map(std::mem::take).unwrap_or_default();
            if let Some(into) = self.section(name) {
                merge_all(into, &from)?;
            }
        }
        for reference in &other.name_reference {
            self.add_reference(reference)?;
        }
        Ok(())
    }

    pub(crate) fn add_reference(&mut self, reference: &BackReference) -> Result<(), String> {
        match self.name_reference.iter_mut().find(|known| known.target == reference.target) {
            Some(known) => merge_all(&mut known.referrers, &reference.referrers),
            None => {
                self.name_reference.push(reference.clone());
                Ok(())
            }
        }
    }

    /// A file of `configurations`.
    pub(crate) fn read(node: &Node) -> Result<Config, String> {
        let mut config = Config::default();
        for (name, list) in node.entries() {
            if name == "nameReference" {
                for item in list.items() {
                    let referrers = field_specs(item.get("fieldSpecs"))?;
                    config.name_reference.push(BackReference { target: gvk_of(item), referrers });
                }
                continue;
            }
            let Some(section) = config.section(name) else {
                return Err(format!("`{name}` is no part of a transformer configuration"));
            };
            *section = field_specs(Some(list))?;
        }
        Ok(config)
    }
}

/// `group`, `version` and `kind` of a mapping.
pub(crate) fn gvk_of(node: &Node) -> Gvk {
    let part = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default().to_owned();
    Gvk { group: part("group"), version: part("version"), kind: part("kind") }
}

/// A list of field specifications.
pub(crate) fn field_specs(node: Option<&Node>) -> Result<Vec<FieldSpec>, String> {
    let mut all = Vec::new();
    for item in node.map(Node::items).unwrap_or_default() {
        if let Some((key, _)) = item
            .entries()
            .iter()
            .find(|(key, _)| !matches!(key.as_str(), "group" | "version" | "kind" | "path" | "create"))
        {
            return Err(format!("`{key}` is no part of a field specification"));
        }
        let path = item.get("path").and_then(Node::text).unwrap_or_default().to_owned();
        let create = item.get("create").and_then(Node::as_bool).unwrap_or(false);
        all.push(FieldSpec { gvk: gvk_of(item), path, create });
    }
    Ok(all)
}

/// References that a definition of `crds` announces (`x-kubernetes-object-ref-…`), labels, annotations, names.
pub(crate) fn of_definitions(node: &Node) -> Result<Config, String> {
    let mut config = Config::default();
    for (name, api) in node.entries() {
        let properties = properties(api);
        if !["kind", "apiVersion", "metadata"].iter().all(|key| properties.iter().any(|(name, _)| name == key)) {
            continue;
        }
        let kind = name.rsplit('.').next().unwrap_or(name);
        let gvk = Gvk { kind: kind.to_owned(), ..Gvk::default() };
        definition(node, &gvk, name, &mut Vec::new(), &mut config)?;
    }
    Ok(config)
}

fn properties(api: &Node) -> &[(String, Node)] {
    api.get("Schema").and_then(|schema| schema.get("properties")).map(Node::entries).unwrap_or_default()
}

fn definition(all: &Node, gvk: &Gvk, name: &str, path: &mut Vec<String>, config: &mut Config) -> Result<(), String> {
    const DEEPEST: usize = 32;
    let Some(api) = all.get(name).filter(|_| path.len() < DEEPEST) else { return Ok(()) };
    for (property, schema) in properties(api) {
        path.push(property.clone());
        let text = |key: &str| schema.get(key).and_then(Node::text);
        let spec = |path: &[String]| FieldSpec { gvk: gvk.clone(), path: path.join("/"), create: false };
        if text("x-kubernetes-annotation").is_some() {
            merge_one(&mut config.common_annotations, &spec(path))?;
        }
        if text("x-kubernetes-label-selector").is_some() {
            merge_one(&mut config.common_labels, &spec(path))?;
        }
        if text("x-kubernetes-identity").is_some() {
            merge_one(&mut config.name_prefix, &spec(path))?;
        }
        if let (Some(version), Some(kind)) =
            (text("x-kubernetes-object-ref-api-version"), text("x-kubernetes-object-ref-kind"))
        {
            let key = text("x-kubernetes-object-ref-name-key").unwrap_or("name");
            let mut referrer = path.clone();
            referrer.push(key.to_owned());
            let target = Gvk { version: version.to_owned(), kind: kind.to_owned(), ..Gvk::default() };
            config.add_reference(&BackReference { target, referrers: vec![spec(&referrer)] })?;
        }
        if let Some(target) = text("$ref") {
            definition(all, gvk, target, path, config)?;
        }
        path.pop();
    }
    Ok(())
}
