//! Things with labels, found by namespace and label.
//!
//! Invariant: [`LabelIndex::select`] looks at the things that have the rarest label that the selector demands, not at
//! all of them, so that as many selectors as things stay near linear.

use crate::{Answer, Namespace, answer, pods};
use ironclad_model::{Kind, LabelSelector, ObjectId, Requirement};
use ironclad_tree::NodeRef;
use rustc_hash::{FxHashMap, FxHasher};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// One of them.
#[derive(Debug)]
pub struct Entry<T> {
    /// The object.
    pub object: ObjectId,
    /// Its kind: controllers add labels of their own.
    pub kind: Kind,
    /// Where it is.
    pub namespace: Namespace,
    /// What else is known of it.
    pub value: T,
    labels: Vec<(Box<str>, Box<str>)>,
}

impl<T> Entry<T> {
    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(k, _)| &**k == key).map(|(_, value)| &**value)
    }

    /// Its labels, as written.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Does the selector match it?
    pub fn answer(&self, selector: &LabelSelector) -> Answer {
        answer(selector, |key| self.label(key), |key| pods::adds_label(self.kind, key))
    }
}

/// Things with labels.
#[derive(Debug)]
pub struct LabelIndex<T> {
    entries: Vec<Entry<T>>,
    by_namespace: BTreeMap<Namespace, Vec<u32>>,
    by_label: FxHashMap<u64, Vec<u32>>,
}

impl<T> Default for LabelIndex<T> {
    fn default() -> Self {
        LabelIndex { entries: Vec::new(), by_namespace: BTreeMap::new(), by_label: FxHashMap::default() }
    }
}

impl<T> LabelIndex<T> {
    /// Adds one.
    pub fn push(&mut self, object: ObjectId, kind: Kind, namespace: Namespace, labels: Option<NodeRef<'_>>, value: T) {
        let index = self.entries.len() as u32;
        let text = |node: NodeRef<'_>| -> Box<str> { node.text().unwrap_or_default().into() };
        let labels: Vec<(Box<str>, Box<str>)> = labels
            .into_iter()
            .flat_map(|node| node.entries())
            .map(|entry| (entry.key().into(), text(entry.value())))
            .collect();
        for (key, value) in &labels {
            self.by_label.entry(hash(&namespace, key, value)).or_default().push(index);
        }
        self.by_namespace.entry(namespace.clone()).or_default().push(index);
        self.entries.push(Entry { object, kind, namespace, value, labels });
    }

    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All of them, in order.
    pub fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    /// Namespaces that have any, sorted.
    pub fn namespaces(&self) -> impl Iterator<Item = &Namespace> {
        self.by_namespace.keys()
    }

    /// Those of a namespace, in order.
    pub fn in_namespace(&self, namespace: &Namespace) -> impl Iterator<Item = &Entry<T>> {
        self.by_namespace.get(namespace).into_iter().flatten().map(|index| &self.entries[*index as usize])
    }

    /// Those of a namespace that the selector matches or may match, in order.
    pub fn select<'s>(
        &'s self,
        namespace: &Namespace,
        selector: &'s LabelSelector,
    ) -> impl Iterator<Item = &'s Entry<T>> + use<'s, T> {
        let all = self.by_namespace.get(namespace).map_or(&[][..], Vec::as_slice);
        let mut fewest = all;
        for requirement in selector.requirements() {
            let Requirement::In(key, values) = requirement else { continue };
            // A label that a controller adds is not in the index.
            let [value] = values.as_slice() else { continue };
            if pods::is_added(key) {
                continue;
            }
            let with = self.by_label.get(&hash(namespace, key, value)).map_or(&[][..], Vec::as_slice);
            if with.len() < fewest.len() {
                fewest = with;
            }
        }
        let entries = fewest.iter().map(|index| &self.entries[*index as usize]);
        let namespace = namespace.clone();
        entries.filter(move |entry| entry.namespace == namespace && entry.answer(selector).is_possible())
    }
}

fn hash(namespace: &Namespace, key: &str, value: &str) -> u64 {
    let mut hasher = FxHasher::default();
    (namespace, key, value).hash(&mut hasher);
    hasher.finish()
}
