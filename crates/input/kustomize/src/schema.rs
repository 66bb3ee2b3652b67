//! Which lists a strategic merge joins, and by which keys; which kinds live in no namespace.
//!
//! The built-in table (`data/merge.txt`) is derived from the OpenAPI document that kustomize carries, by
//! `kustomize-oracle tables`; a kustomization's `openapi.path` takes its place, as it does in kustomize.

use crate::node::Node;
use rustc_hash::FxHashMap;
use std::sync::{Arc, LazyLock};

/// How the items of a list find each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// By their value.
    Value,
    /// By these fields.
    Fields(Vec<String>),
}

/// What a field holds, as far as merges care.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// `[` and `{` around the definition, outermost first.
    wraps: String,
    definition: Option<String>,
    keys: Option<Keys>,
}

type Fields = FxHashMap<String, Shape>;

#[derive(Debug, Default)]
struct Tables {
    definitions: FxHashMap<String, Fields>,
    /// Per `apiVersion kind`: the definition.
    kinds: FxHashMap<(String, String), Option<String>>,
    is_cluster: FxHashMap<(String, String), bool>,
}

/// The tables in force.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schemas {
    own: Option<Arc<Tables>>,
    /// The built-in ones were already looked at when the own ones came: they stay beside them.
    with_built_in: bool,
}

static BUILT_IN: LazyLock<Tables> = LazyLock::new(|| built_in(include_str!("../data/merge.txt")));

fn built_in(text: &str) -> Tables {
    let mut tables = Tables::default();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        match *words.as_slice() {
            ["K", version, kind, scope, definition] => {
                let key = (version.to_owned(), kind.to_owned());
                if scope != "unknown" {
                    tables.is_cluster.insert(key.clone(), scope == "cluster");
                }
                tables.kinds.insert(key, (definition != "-").then(|| definition.to_owned()));
            }
            ["D", name] => name.clone_into(&mut current),
            [name, wraps, target, ref keys @ ..] => {
                let keys = keys.first().map(|keys| match *keys {
                    "=" => Keys::Value,
                    keys => Keys::Fields(keys.split(',').map(str::to_owned).collect()),
                });
                let wraps = if wraps == "-" { String::new() } else { wraps.to_owned() };
                let definition = (target != "-").then(|| target.to_owned());
                tables
                    .definitions
                    .entry(current.clone())
                    .or_default()
                    .insert(name.to_owned(), Shape { wraps, definition, keys });
            }
            _ => {}
        }
    }
    tables
}

impl Schemas {
    /// Takes the definitions of an OpenAPI document in place of the built-in ones.
    pub(crate) fn set(&mut self, document: &Node, with_built_in: bool) {
        self.own = Some(Arc::new(custom(document)));
        self.with_built_in = with_built_in;
    }

    pub(crate) fn is_set(&self) -> bool {
        self.own.is_some()
    }

    fn tables(&self) -> impl Iterator<Item = &Tables> {
        let built_in = (self.own.is_none() || self.with_built_in).then(|| &*BUILT_IN);
        self.own.as_deref().into_iter().chain(built_in)
    }

    /// Certainly in no namespace?
    pub(crate) fn is_cluster(&self, api_version: &str, kind: &str) -> bool {
        let key = (api_version.to_owned(), kind.to_owned());
        // The scopes of built-in kinds hold even beside another document.
        let all = self.own.as_deref().into_iter().chain(std::iter::once(&*BUILT_IN));
        all.filter_map(|tables| tables.is_cluster.get(&key)).next().copied().unwrap_or(false)
    }

    /// What is known of a kind.
    pub(crate) fn kind(&self, api_version: &str, kind: &str) -> Option<Shape> {
        let key = (api_version.to_owned(), kind.to_owned());
        let definition = self.tables().find_map(|tables| tables.kinds.get(&key))?;
        Some(Shape { wraps: String::new(), definition: definition.clone(), keys: None })
    }

    /// What is known of a field of a mapping.
    pub(crate) fn field(&self, of: &Shape, name: &str) -> Option<Shape> {
        if let Some(rest) = of.wraps.strip_prefix('{') {
            return Some(Shape { wraps: rest.to_owned(), definition: of.definition.clone(), keys: None });
        }
        if !of.wraps.is_empty() {
            return None;
        }
        let definition = of.definition.as_ref()?;
        let fields = self.tables().find_map(|tables| tables.definitions.get(definition))?;
        fields.get(name).cloned()
    }

    /// What is known of the items of a list.
    pub(crate) fn items(&self, of: &Shape) -> Option<Shape> {
        let rest = of.wraps.strip_prefix('[')?;
        Some(Shape { wraps: rest.to_owned(), definition: of.definition.clone(), keys: None })
    }
}

impl Shape {
    /// The keys, where merges join the list.
    pub(crate) fn keys(&self) -> Option<&Keys> {
        self.keys.as_ref()
    }
}

fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key).and_then(Node::text)
}

/// The same tables from an OpenAPI v2 document.
fn custom(document: &Node) -> Tables {
    let mut tables = Tables::default();
    let definitions = document.get("definitions").map(Node::entries).unwrap_or_default();
    for (name, schema) in definitions {
        let mut inline = Vec::new();
        let fields = fields_of(name, schema, &mut inline);
        tables.definitions.insert(name.clone(), fields);
        while let Some((name, schema)) = inline.pop() {
            let fields = fields_of(&name, schema, &mut inline);
            tables.definitions.insert(name, fields);
        }
        let kinds = schema.get("x-kubernetes-group-version-kind").map(Node::items).unwrap_or_default();
        for kind in kinds {
            tables.kinds.insert(version_and_kind(kind), Some(name.clone()));
        }
    }
    for (path, item) in document.get("paths").map(Node::entries).unwrap_or_default() {
        let Some(kind) = item.get("get").and_then(|get| get.get("x-kubernetes-group-version-kind")) else { continue };
        let key = version_and_kind(kind);
        if path.contains("namespaces/{namespace}") {
            tables.is_cluster.insert(key, false);
        } else {
            tables.is_cluster.entry(key).or_insert(true);
        }
    }
    tables
}

fn version_and_kind(node: &Node) -> (String, String) {
    let version = text(node, "version").unwrap_or_default();
    let version = match text(node, "group") {
        Some(group) if !group.is_empty() => format!("{group}/{version}"),
        _ => version.to_owned(),
    };
    (version, text(node, "kind").unwrap_or_default().to_owned())
}

/// The fields of a schema; those that are written out in place become definitions of their own.
fn fields_of<'n>(name: &str, schema: &'n Node, inline: &mut Vec<(String, &'n Node)>) -> Fields {
    let mut fields = Fields::default();
    for (field, schema) in schema.get("properties").map(Node::entries).unwrap_or_default() {
        let mut shape = Shape::default();
        let mut at = schema;
        loop {
            if let Some(target) = text(at, "$ref") {
                shape.definition = Some(target.rsplit('/').next().unwrap_or(target).to_owned());
                break;
            }
            if shape.keys.is_none() {
                shape.keys = keys_of(at);
            }
            if let Some(items) = at.get("items") {
                shape.wraps.push('[');
                at = items;
            } else if let Some(values) = at.get("additionalProperties").filter(|values| !values.entries().is_empty()) {
                shape.wraps.push('{');
                at = values;
            } else {
                if at.get("properties").is_some() {
                    let own = format!("{name}/{field}");
                    inline.push((own.clone(), at));
                    shape.definition = Some(own);
                }
                break;
            }
        }
        fields.insert(field.clone(), shape);
    }
    fields
}

fn keys_of(schema: &Node) -> Option<Keys> {
    let strategy = text(schema, "x-kubernetes-patch-strategy")?;
    strategy.split(',').find(|word| *word == "merge")?;
    if let Some(keys) = schema.get("x-kubernetes-list-map-keys") {
        return Some(Keys::Fields(keys.items().iter().filter_map(Node::text).map(str::to_owned).collect()));
    }
    match text(schema, "x-kubernetes-patch-merge-key") {
        Some(key) if !key.is_empty() => Some(Keys::Fields(vec![key.to_owned()])),
        _ => Some(Keys::Value),
    }
}
