//! Every pod template of a snapshot, found by label: what Services, budgets and policies select.
//!
//! A selector is answered from the templates that carry one of its labels, so joining all selectors with all pods
//! costs what they have in common, not their product. Invariant: the answer is that of
//! [`LabelSelector::matches`](ironclad_model::LabelSelector::matches) on every template of the namespace.
//!
//! The pods of `ironclad-reach` are another index, because they answer another question: they have names of ports and
//! images besides, pods that operators make of objects of their own, and a third answer, "not known", for labels that
//! controllers add. Here the answer is yes or no, of templates that somebody wrote, and nothing of them is copied.

use crate::{NamespaceKey, is_replicated, same_namespace};
use ironclad_model::{LabelSelector, Object, ObjectId, Requirement, Snapshot, Spot};
use ironclad_tree::{NodeId, NodeRef, f};
use ironclad_views::{Map, ObjectMeta, Pod, View, WorkloadKinds, pods};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// A pod template of the index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TemplateId(u32);

impl TemplateId {
    /// As an index into a list with one entry a template.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

struct Template {
    object: ObjectId,
    spec: NodeId,
    labels: Option<NodeId>,
}

/// All pod templates, by label and namespace.
pub struct PodIndex {
    templates: Vec<Template>,
    by_label: FxHashMap<u64, Vec<u32>>,
    by_namespace: FxHashMap<NamespaceKey, Vec<u32>>,
    by_spec: FxHashMap<(ObjectId, NodeId), u32>,
}

impl PodIndex {
    /// Finds every template of the snapshot.
    pub fn find_out(snapshot: &Snapshot, kinds: &WorkloadKinds) -> PodIndex {
        let mut index = PodIndex {
            templates: Vec::new(),
            by_label: FxHashMap::default(),
            by_namespace: FxHashMap::default(),
            by_spec: FxHashMap::default(),
        };
        for object in snapshot.objects() {
            let found = pods(object, kinds);
            for pod in &found {
                index.add(object, pod.spec.spot().nearest(), pod.metadata.labels());
            }
            // A manifest may be cut short below the labels: they are selected all the same.
            if found.is_empty() && is_replicated(object.kind()) {
                let template = Spot::at(object.root()).field(f::SPEC).field(f::TEMPLATE);
                let labels = ObjectMeta::at(template.field(f::METADATA)).labels();
                if let Some(node) = template.node().filter(|_| labels.node().is_some()) {
                    index.add(object, node, labels);
                }
            }
        }
        index
    }

    fn add(&mut self, object: &Object, spec: NodeRef<'_>, labels: Map<'_>) {
        let namespace = NamespaceKey::of(object);
        let id = self.templates.len() as u32;
        for label in labels.iter() {
            if let Some(value) = label.value().text() {
                self.by_label.entry(key(namespace, label.key(), value)).or_default().push(id);
            }
        }
        self.by_namespace.entry(namespace).or_default().push(id);
        self.by_spec.insert((object.id(), spec.id()), id);
        self.templates.push(Template { object: object.id(), spec: spec.id(), labels: labels.node().map(|n| n.id()) });
    }

    /// Number of templates.
    pub fn len(&self) -> usize {
        self.templates.len()
    }

    /// No template at all?
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }

    /// The template that a check was called with.
    pub fn template(&self, pod: &Pod<'_>) -> Option<TemplateId> {
        let spec = pod.spec.spot().nearest().id();
        self.by_spec.get(&(pod.object.id(), spec)).copied().map(TemplateId)
    }

    /// The object that holds a template.
    pub fn object(&self, template: TemplateId) -> ObjectId {
        self.templates.get(template.index()).map_or(ObjectId::NONE, |template| template.object)
    }

    /// The labels of the pods that come of a template.
    pub fn labels<'a>(&self, snapshot: &'a Snapshot, template: TemplateId) -> Option<NodeRef<'a>> {
        let template = self.templates.get(template.index())?;
        Some(snapshot.object(template.object)?.document().node(template.labels?))
    }

    /// The specification of a template, or the template where it has none.
    pub fn spec<'a>(&self, snapshot: &'a Snapshot, template: TemplateId) -> Option<NodeRef<'a>> {
        let template = self.templates.get(template.index())?;
        Some(snapshot.object(template.object)?.document().node(template.spec))
    }

    /// The templates in the namespace of `near` whose labels match, in the order of the snapshot.
    pub fn selected(&self, snapshot: &Snapshot, near: &Object, selector: &LabelSelector) -> Vec<TemplateId> {
        let namespace = NamespaceKey::of(near);
        let everything = self.by_namespace.get(&namespace).map_or(&[][..], Vec::as_slice);
        let mut best: Vec<&[u32]> = vec![everything];
        let size = |lists: &[&[u32]]| lists.iter().map(|list| list.len()).sum::<usize>();
        for requirement in selector.requirements() {
            let Requirement::In(name, values) = requirement else { continue };
            let of_value = |value: &String| self.by_label.get(&key(namespace, name, value)).map(Vec::as_slice);
            let lists: Vec<&[u32]> = values.iter().filter_map(of_value).collect();
            if size(&lists) < size(&best) {
                best = lists;
            }
        }
        let mut found: Vec<TemplateId> = best.concat().into_iter().map(TemplateId).collect();
        found.retain(|template| {
            let object = snapshot.object(self.object(*template));
            object.is_some_and(|object| same_namespace(object, near))
                && selector.matches(self.labels(snapshot, *template))
        });
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn key(namespace: NamespaceKey, name: &str, value: &str) -> u64 {
    let mut hasher = FxHasher::default();
    (namespace, name, value).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_tree::{Limits, Source, parse};

    fn snapshot(text: &str) -> Snapshot {
        let mut builder = Snapshot::builder();
        for document in parse(&Source::new("test.yaml", text), &Limits::default()).documents {
            builder.add(document, Default::default());
        }
        builder.build()
    }

    /// The index answers as a walk over all pods does.
    #[test]
    fn selectors_are_answered_as_by_a_walk() {
        let mut text = String::new();
        for i in 0..60 {
            let (app, tier, namespace) = (i % 4, i % 3, i % 2);
            text.push_str(&format!(
                "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{i}, namespace: n{namespace}, labels: {{app: a{app}, tier: t{tier}}}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n"
            ));
        }
        let snapshot = snapshot(&text);
        let index = PodIndex::find_out(&snapshot, &WorkloadKinds::default());
        assert_eq!(index.len(), 60);
        let near = snapshot.objects().next().expect("an object");
        for written in
            ["", "app=a1", "app=a1,tier=t2", "app in (a0,a1),tier!=t0", "app=none", "!app", "tier notin (t1)", "app"]
        {
            let selector = LabelSelector::parse(written).expect("a selector");
            let walked: Vec<ObjectId> = snapshot
                .objects()
                .filter(|object| same_namespace(object, near) && selector.matches(object.labels()))
                .map(Object::id)
                .collect();
            let found = index.selected(&snapshot, near, &selector);
            let found: Vec<ObjectId> = found.into_iter().map(|template| index.object(template)).collect();
            assert_eq!(found, walked, "{written}");
        }
    }
}
