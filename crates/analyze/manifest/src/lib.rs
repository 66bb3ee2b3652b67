//! Manifests as texts and as objects of a kind: what the API server never sees of them, what it would refuse, and the
//! state of waivers.
//!
//! The checks of texts read the side tables of the tree (lost duplicates, text after `...`, words of YAML 1.1); those of
//! kinds read the derived tables of `ironclad-views` and the CustomResourceDefinitions of the set. Nothing here judges
//! what an object asks for.

mod api_version;
mod checks;
mod schema;

pub use checks::CHECKS;
