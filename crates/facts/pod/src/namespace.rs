//! Which objects share a namespace.
//!
//! Objects that name none are with the others of their unit that name none; a named and an unnamed namespace are not
//! taken for one (`--assume-namespace` writes the name in before anything is judged).

use ironclad_model::Object;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

/// Are these two objects in one namespace?
pub fn same_namespace(a: &Object, b: &Object) -> bool {
    match (a.namespace(), b.namespace()) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a.unit() == b.unit(),
        _ => false,
    }
}

/// A namespace as the key of an index. Two namespaces may share a key: [`same_namespace`] decides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NamespaceKey(u64);

impl NamespaceKey {
    /// The namespace of an object.
    pub fn of(object: &Object) -> NamespaceKey {
        let mut hasher = FxHasher::default();
        match object.namespace() {
            Some(name) => name.hash(&mut hasher),
            None => object.unit().hash(&mut hasher),
        }
        NamespaceKey(hasher.finish())
    }
}
