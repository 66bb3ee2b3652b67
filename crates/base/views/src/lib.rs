//! Typed views of Kubernetes kinds over the tree: [`Field`] answers whether a field is absent, null, of the wrong type,
//! or what it holds, and where a person would look for it.
//!
//! A view is `Copy`: a place in a document and nothing else. [`view!`] declares one; [`verify`] lists every declared
//! field so that a test can hold it against the published OpenAPI documents. [`pods`] finds the pod templates in an
//! object of any kind.
//!
//! Deliberately absent: defaults (a view shows what is written), cross-object facts (`ironclad-pod`), any I/O.

mod field;
mod kinds;
pub mod lifecycle;
mod macros;
mod manager;
mod pods;
pub mod schema;
pub mod sops;

pub use field::{Field, IntOrText, List, Map, State, Texts, View};
pub use kinds::*;
pub use manager::Manager;
pub use pods::{CustomWorkload, Pod, PodContainer, Role, WorkloadKinds, makes_pods, pods};

/// The view of an object's `spec`.
pub fn spec<'a, V: View<'a>>(object: &'a ironclad_model::Object) -> V {
    V::at(ironclad_model::Spot::at(object.root()).field(ironclad_tree::f::SPEC))
}

/// One declared field of a view, for the test against the published schemas.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// OpenAPI definition, as in `io.k8s.api.core.v1.Container`.
    pub definition: &'static str,
    /// Field name as in manifests.
    pub field: &'static str,
    /// Type in the words of [`view!`].
    pub shape: &'static str,
}
