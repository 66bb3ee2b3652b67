//! Namespaces: which one an object is in, and which labels it has.

use crate::{Answer, answer};
use ironclad_model::{LabelSelector, Object, UnitId};
use rustc_hash::FxHashMap;

/// The label that the API server sets on every namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// A namespace as joins see it: a name, or the one that the objects of a unit share by naming none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Namespace {
    /// This one.
    Named(Box<str>),
    /// The unknown one of this unit.
    Unnamed(UnitId),
}

impl Namespace {
    /// The namespace of an object.
    pub fn of(object: &Object) -> Namespace {
        object.namespace().map_or(Namespace::Unnamed(object.unit()), Namespace::named)
    }

    /// The namespace of this name.
    pub fn named(name: &str) -> Namespace {
        Namespace::Named(name.into())
    }

    /// Its name, where it is known.
    pub fn name(&self) -> Option<&str> {
        match self {
            Namespace::Named(name) => Some(name),
            Namespace::Unnamed(_) => None,
        }
    }
}

/// Labels of the namespaces whose objects are known.
#[derive(Debug, Default)]
pub struct Namespaces {
    labels: FxHashMap<Box<str>, FxHashMap<Box<str>, Box<str>>>,
}

impl Namespaces {
    /// From `Namespace` objects.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Namespaces {
        let mut labels: FxHashMap<Box<str>, FxHashMap<Box<str>, Box<str>>> = FxHashMap::default();
        for object in objects {
            let own = labels.entry(object.name().into()).or_default();
            for entry in object.labels().into_iter().flat_map(|node| node.entries()) {
                own.insert(entry.key().into(), entry.value().text().unwrap_or_default().into());
            }
        }
        Namespaces { labels }
    }

    /// Is its object known?
    pub fn knows(&self, namespace: &Namespace) -> bool {
        namespace.name().is_some_and(|name| self.labels.contains_key(name))
    }

    /// The value of a label. Every namespace has the label that names it.
    pub fn label<'a>(&'a self, namespace: &'a Namespace, key: &str) -> Option<&'a str> {
        let name = namespace.name()?;
        if key == NAME_LABEL {
            return Some(name);
        }
        self.labels.get(name)?.get(key).map(|value| &**value)
    }

    /// May the namespace have this label without our knowing?
    pub fn may_have(&self, namespace: &Namespace, key: &str) -> bool {
        match namespace.name() {
            None => true,
            Some(name) => key != NAME_LABEL && !self.labels.contains_key(name),
        }
    }

    /// Does the selector match the namespace?
    pub fn answer(&self, selector: &LabelSelector, namespace: &Namespace) -> Answer {
        answer(selector, |key| self.label(namespace, key), |key| self.may_have(namespace, key))
    }

    /// Names of the namespaces whose objects are known.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.labels.keys().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }
}
