//! An object on its way: the tree, and what kustomize remembers of it in annotations of its own.

use crate::ids::{Gvk, ResId};
use crate::node::{Data, Node, Shape};
use crate::path::{create, open};
use crate::schema::Schemas;
use crate::trail::Trail;

/// What a generator does with an object that is already there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Behavior {
    #[default]
    Create,
    Replace,
    Merge,
}

/// An identity that it had.
#[derive(Clone, Debug)]
pub(crate) struct Previous {
    name: String,
    namespace: String,
    kind: String,
}

/// An object.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) node: Node,
    pub(crate) previous: Vec<Previous>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) suffixes: Vec<String>,
    pub(crate) behavior: Behavior,
    pub(crate) needs_hash: bool,
    pub(crate) name_may_change: bool,
    pub(crate) kind_may_change: bool,
    pub(crate) variables: Vec<String>,
    /// A patch deleted it.
    pub(crate) is_gone: bool,
}

/// Annotations that kustomize keeps for itself and takes out in the end.
const OWN: &str = "internal.config.kubernetes.io/";
const OWN_OTHERS: &[&str] = &["config.kubernetes.io/index", "config.kubernetes.io/path", "config.k8s.io/id"];
const OWN_NAMES: &[&str] = &[
    "previousKinds",
    "previousNames",
    "prefixes",
    "suffixes",
    "previousNamespaces",
    "allowNameChange",
    "allowKindChange",
    "refBy",
    "generatorBehavior",
    "needsHashSuffix",
    "path",
    "index",
    "seqindent",
    "id",
    "helm-generated",
    "annotations-migration-resource-id",
];

/// Is it an annotation that kustomize keeps for itself?
pub(crate) fn is_own_annotation(key: &str) -> bool {
    key.strip_prefix(OWN).is_some_and(|name| OWN_NAMES.contains(&name)) || OWN_OTHERS.contains(&key)
}

impl Resource {
    pub(crate) fn new(node: Node) -> Resource {
        let needs_hash = meta_map(&node, "annotations")
            .iter()
            .any(|(key, value)| key.strip_prefix(OWN) == Some("needsHashSuffix") && value == "enabled");
        Resource {
            node,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            behavior: Behavior::default(),
            needs_hash,
            name_may_change: false,
            kind_may_change: false,
            variables: Vec::new(),
            is_gone: false,
        }
    }

    fn root_text(&self, key: &str) -> &str {
        self.node.get(key).and_then(Node::text).unwrap_or_default()
    }

    fn meta_text(&self, key: &str) -> &str {
        let field = self.node.get("metadata").and_then(|meta| meta.get(key)).filter(|field| !field.is_null());
        field.and_then(Node::text).unwrap_or_default()
    }

    pub(crate) fn kind(&self) -> &str {
        self.root_text("kind")
    }

    pub(crate) fn api_version(&self) -> &str {
        self.root_text("apiVersion")
    }

    pub(crate) fn name(&self) -> &str {
        self.meta_text("name")
    }

    pub(crate) fn namespace(&self) -> &str {
        self.meta_text("namespace")
    }

    pub(crate) fn gvk(&self) -> Gvk {
        Gvk::of(self.api_version(), self.kind())
    }

    /// Its identity now.
    pub(crate) fn id(&self, schemas: &Schemas) -> ResId {
        ResId::new(self.gvk(), self.name(), self.namespace(), schemas)
    }

    /// Identities that it had, oldest first; group and version are today's.
    pub(crate) fn previous_ids(&self, schemas: &Schemas) -> Vec<ResId> {
        let gvk = self.gvk();
        let of = |old: &Previous| {
            ResId::new(Gvk { kind: old.kind.clone(), ..gvk.clone() }, &old.name, &old.namespace, schemas)
        };
        self.previous.iter().map(of).collect()
    }

    pub(crate) fn original_id(&self, schemas: &Schemas) -> ResId {
        self.previous_ids(schemas).into_iter().next().unwrap_or_else(|| self.id(schemas))
    }

    /// All identities: today's, then the older ones.
    pub(crate) fn all_ids(&self, schemas: &Schemas) -> Vec<ResId> {
        let mut ids = vec![self.id(schemas)];
        ids.extend(self.previous_ids(schemas));
        ids
    }

    pub(crate) fn remember_id(&mut self, schemas: &Schemas) {
        let id = self.id(schemas);
        let namespace = id.effective_namespace().to_owned();
        self.previous.push(Previous { name: id.name, namespace, kind: id.gvk.kind });
    }

    pub(crate) fn set_kind(&mut self, kind: &str) {
        let trail = self.node.trail.clone();
        self.set_text("kind", kind, &trail);
    }

    pub(crate) fn set_api_version(&mut self, version: &str) {
        let trail = self.node.trail.clone();
        self.set_text("apiVersion", version, &trail);
    }

    fn set_text(&mut self, key: &str, text: &str, trail: &Trail) {
        if self.node.get(key).and_then(Node::text) != Some(text) {
            self.node.set(key, open(text, trail));
        }
    }

    /// Sets the name; the trail of one that stays the same stays.
    pub(crate) fn set_name(&mut self, name: &str, trail: &Trail) {
        self.set_meta("name", name, trail);
    }

    pub(crate) fn set_namespace(&mut self, namespace: &str, trail: &Trail) {
        if namespace.is_empty() {
            self.node.get_mut("metadata").and_then(|meta| meta.remove("namespace"));
            return;
        }
        self.set_meta("namespace", namespace, trail);
    }

    fn set_meta(&mut self, key: &str, text: &str, trail: &Trail) {
        let Some(meta) = self.node.child_map("metadata", trail) else { return };
        if meta.get(key).is_none_or(|field| field.is_null() || field.text() != Some(text)) {
            meta.set(key, open(text, trail));
        }
    }

    pub(crate) fn labels(&self) -> Vec<(String, String)> {
        meta_map(&self.node, "labels")
    }

    pub(crate) fn annotations(&self) -> Vec<(String, String)> {
        meta_map(&self.node, "annotations")
    }

    /// Makes texts of all values of `metadata.labels` or `metadata.annotations`, sorted; nothing of an empty mapping
    /// (kyaml's `setMapInMetadata`).
    pub(crate) fn settle_map(&mut self, field: &str, keep: &dyn Fn(&str) -> bool) {
        let Some(meta) = self.node.get_mut("metadata") else { return };
        let Some(map) = meta.get_mut(field) else { return };
        match &mut map.data {
            Data::Map(entries) => {
                entries.retain(|(key, _)| keep(key));
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                for (_, value) in entries.iter_mut() {
                    let text = value.text().unwrap_or_default().to_owned();
                    value.data = Node::string(text, &Trail::default()).data;
                }
                if entries.is_empty() {
                    meta.remove(field);
                }
            }
            _ => {
                meta.remove(field);
            }
        }
    }

    /// Takes what is kept of an object that this one replaces: labels and annotations below its own, name and namespace.
    pub(crate) fn inherit(&mut self, old: &Resource) {
        for field in ["labels", "annotations"] {
            let inherited =
                old.node.get("metadata").and_then(|meta| meta.get(field)).map(Node::entries).unwrap_or_default();
            for (key, value) in inherited {
                let Some(meta) = self.node.child_map("metadata", &Trail::default()) else { continue };
                if meta.get(field).and_then(|map| map.get(key)).is_none()
                    && let Some(map) = meta.child_map(field, &value.trail)
                {
                    map.set(key, value.clone());
                }
            }
            self.settle_map(field, &|_| true);
        }
        let (name, namespace) = (old.name().to_owned(), old.namespace().to_owned());
        let trail_of = |key: &str| {
            let field = old.node.get("metadata").and_then(|meta| meta.get(key));
            field.map(|field| field.trail.clone()).unwrap_or_default()
        };
        self.set_name(&name, &trail_of("name"));
        self.set_namespace(&namespace, &trail_of("namespace"));
        self.previous.clone_from(&old.previous);
        self.prefixes.clone_from(&old.prefixes);
        self.suffixes.clone_from(&old.suffixes);
        self.behavior = old.behavior;
        self.needs_hash = self.needs_hash && old.needs_hash;
        self.variables.clone_from(&old.variables);
    }

    /// Sets an annotation (kustomize's `buildMetadata`).
    pub(crate) fn annotate(&mut self, key: &str, text: &str, trail: &Trail) {
        if let Some(map) = create(&mut self.node, &["metadata", "annotations"], Shape::Map, trail) {
            if map.is_null() {
                map.data = Data::Map(Vec::new());
            }
            map.set(key, Node::string(text, trail));
        }
    }
}

fn meta_map(node: &Node, field: &str) -> Vec<(String, String)> {
    let map = node.get("metadata").and_then(|meta| meta.get(field)).map(Node::entries).unwrap_or_default();
    map.iter().map(|(key, value)| (key.clone(), value.text().unwrap_or_default().to_owned())).collect()
}

/// Objects in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    pub(crate) all: Vec<Resource>,
}

impl Resources {
    /// Adds one whose identity is new.
    pub(crate) fn append(&mut self, resource: Resource, schemas: &Schemas) -> Result<(), String> {
        let id = resource.id(schemas);
        if let Some(other) = self.all.iter().find(|other| other.name() == id.name && other.id(schemas).same(&id)) {
            let known = other.node.trail.edited().map(|link| {
                format!(", the other is in {}:{}", link.source.name(), link.source.position(link.span.start).line)
            });
            return Err(format!("{id} is there twice{}", known.unwrap_or_default()));
        }
        self.all.push(resource);
        Ok(())
    }

    /// Which have, or had, an identity like this one.
    pub(crate) fn with_any_id(&self, schemas: &Schemas, matches: &dyn Fn(&ResId) -> bool) -> Vec<usize> {
        let fits = |resource: &Resource| !resource.is_gone && resource.all_ids(schemas).iter().any(matches);
        (0..self.all.len()).filter(|&at| self.all.get(at).is_some_and(fits)).collect()
    }

    /// Adds what a generator made, by its behavior.
    pub(crate) fn absorb(&mut self, mut new: Resource, schemas: &Schemas) -> Result<(), String> {
        let id = new.id(schemas);
        let found = self.with_any_id(schemas, &|other| other.same(&id));
        match (found.as_slice(), new.behavior) {
            ([], Behavior::Create) => self.append(new, schemas),
            ([], _) => Err(format!("{id} is not there to be merged or replaced")),
            ([_], Behavior::Create) => {
                Err(format!("{id} is already there: say `behavior: merge` or `behavior: replace`"))
            }
            (&[at], behavior) => {
                let Some(old) = self.all.get_mut(at) else { return Ok(()) };
                let hash = new.needs_hash;
                new.inherit(old);
                new.needs_hash = hash && old.needs_hash;
                if behavior == Behavior::Merge {
                    crate::generate::merge_data(&mut new, old)?;
                }
                *old = new;
                Ok(())
            }
            _ => Err(format!("several objects could take what is generated for {id}")),
        }
    }

    /// Objects that patches deleted are dropped.
    pub(crate) fn drop_gone(&mut self) {
        self.all.retain(|resource| !resource.is_gone && !resource.node.is_empty());
    }
}
