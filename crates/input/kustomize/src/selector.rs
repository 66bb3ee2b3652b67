//! Which objects a patch, a replacement or a transformer means.

use crate::ids::{Gvk, ResId};
use crate::node::Node;
use crate::resource::Resource;
use crate::schema::Schemas;
use ironclad_model::LabelSelector;
use regex::{Regex, RegexBuilder};

/// Compiled patterns of strangers stay small.
const PATTERN_BYTES: usize = 1 << 20;

/// Compiles a pattern as kustomize anchors it.
pub(crate) fn pattern(text: &str) -> Result<Regex, String> {
    build(&format!("^(?:{text})$"), text)
}

/// Compiles a pattern as it is.
pub(crate) fn loose_pattern(text: &str) -> Result<Regex, String> {
    build(text, text)
}

fn build(pattern: &str, shown: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .build()
        .map_err(|_| format!("`{shown}` is no regular expression"))
}

/// A selector: patterns, and selectors of labels and annotations. What is not given selects everything.
#[derive(Debug, Default)]
pub(crate) struct Selector {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    labels: LabelSelector,
    annotations: LabelSelector,
}

impl Selector {
    pub(crate) fn read(node: &Node) -> Result<Selector, String> {
        let text = |key: &str| node.get(key).and_then(Node::text).filter(|text| !text.is_empty());
        let regex = |key: &str| text(key).map(pattern).transpose();
        Ok(Selector {
            group: regex("group")?,
            version: regex("version")?,
            kind: regex("kind")?,
            name: regex("name")?,
            namespace: regex("namespace")?,
            labels: labels(text("labelSelector").unwrap_or_default())?,
            annotations: labels(text("annotationSelector").unwrap_or_default())?,
        })
    }

    /// Has it any part that looks at identities?
    pub(crate) fn names_ids(&self) -> bool {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace].into_iter().any(Option::is_some)
    }

    pub(crate) fn names_maps(&self) -> bool {
        !self.labels.is_empty() || !self.annotations.is_empty()
    }

    pub(crate) fn takes_gvk(&self, gvk: &Gvk) -> bool {
        fits(&self.group, &gvk.group) && fits(&self.version, &gvk.version) && fits(&self.kind, &gvk.kind)
    }

    /// Group, version, kind, name and namespace of one identity.
    pub(crate) fn takes_id(&self, id: &ResId) -> bool {
        self.takes_gvk(&id.gvk) && fits(&self.name, &id.name) && fits(&self.namespace, &id.namespace)
    }

    /// Labels and annotations.
    pub(crate) fn takes_maps(&self, resource: &Resource) -> bool {
        holds(&self.labels, &resource.labels()) && holds(&self.annotations, &resource.annotations())
    }

    /// Does it select this object (`resWrangler.Select`)?
    pub(crate) fn takes(&self, resource: &Resource, schemas: &Schemas) -> bool {
        let (current, original) = (resource.id(schemas), resource.original_id(schemas));
        let namespace = |id: &ResId| fits(&self.namespace, id.effective_namespace());
        let name = |id: &ResId| fits(&self.name, &id.name);
        (namespace(&original) || namespace(&current))
            && (name(&original) || name(&current))
            && self.takes_gvk(&current.gvk)
            && self.takes_maps(resource)
    }
}

fn fits(pattern: &Option<Regex>, text: &str) -> bool {
    pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
}

fn labels(text: &str) -> Result<LabelSelector, String> {
    LabelSelector::parse(text).map_err(|_| format!("`{text}` is no selector of labels"))
}

fn holds(selector: &LabelSelector, map: &[(String, String)]) -> bool {
    selector.matches_with(|key| map.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str()))
}
