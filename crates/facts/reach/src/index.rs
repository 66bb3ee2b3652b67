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
    /// API group of the operator that makes it, where its labels are not all written down.
    operator: Option<Box<str>>,
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
        let of_operator = |key: &str| self.operator.as_deref().is_some_and(|group| belongs(key, group));
        answer(selector, |key| self.label(key), |key| pods::adds_label(self.kind, key) || of_operator(key))
    }
}

/// Things with labels.
#[derive(Debug)]
pub struct LabelIndex<T> {
    entries: Vec<Entry<T>>,
    by_namespace: BTreeMap<Namespace, Vec<u32>>,
    by_label: FxHashMap<u64, Vec<u32>>,
    of_operators: FxHashMap<Namespace, Vec<u32>>,
}

impl<T> Default for LabelIndex<T> {
    fn default() -> Self {
        LabelIndex {
            entries: Vec::new(),
            by_namespace: BTreeMap::new(),
            by_label: FxHashMap::default(),
            of_operators: FxHashMap::default(),
        }
    }
}

impl<T> LabelIndex<T> {
    /// Adds one.
    pub fn push(&mut self, object: ObjectId, kind: Kind, namespace: Namespace, labels: Option<NodeRef<'_>>, value: T) {
        let text = |node: NodeRef<'_>| -> Box<str> { node.text().unwrap_or_default().into() };
        let labels = labels.into_iter().flat_map(|node| node.entries());
        let labels = labels.map(|entry| (entry.key().into(), text(entry.value()))).collect();
        self.add(Entry { object, kind, namespace, value, labels, operator: None });
    }

    /// Adds one that an operator of this API group makes, with the labels that it is known to get; others below the
    /// group's domain may be there too.
    pub fn push_made(
        &mut self,
        object: ObjectId,
        namespace: Namespace,
        group: &str,
        labels: Vec<(Box<str>, Box<str>)>,
        value: T,
    ) {
        let index = self.entries.len() as u32;
        self.of_operators.entry(namespace.clone()).or_default().push(index);
        self.add(Entry { object, kind: Kind::OTHER, namespace, value, labels, operator: Some(group.into()) });
    }

    fn add(&mut self, entry: Entry<T>) {
        let index = self.entries.len() as u32;
        let Entry { namespace, labels, .. } = &entry;
        for (key, value) in labels {
            self.by_label.entry(hash(namespace, key, value)).or_default().push(index);
        }
        self.by_namespace.entry(namespace.clone()).or_default().push(index);
        self.entries.push(entry);
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
        // Those of operators may have the label without its being written.
        let mut candidates = fewest.to_vec();
        if fewest.len() < all.len() {
            candidates.extend(self.of_operators.get(namespace).into_iter().flatten());
            candidates.sort_unstable();
            candidates.dedup();
        }
        let entries = candidates.into_iter().map(|index| &self.entries[index as usize]);
        let namespace = namespace.clone();
        entries.filter(move |entry| entry.namespace == namespace && entry.answer(selector).is_possible())
    }
}

/// Is the label's prefix the domain of the group, or one above or below it (`cnpg.io/cluster` of `postgresql.cnpg.io`)?
fn belongs(key: &str, group: &str) -> bool {
    let Some((prefix, _)) = key.split_once('/') else { return false };
    let below =
        |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    below(group, prefix) || below(prefix, group)
}

fn hash(namespace: &Namespace, key: &str, value: &str) -> u64 {
    let mut hasher = FxHasher::default();
    (namespace, key, value).hash(&mut hasher);
    hasher.finish()
}
