//! Manifests as texts: what the API server never sees of them, and the state of waivers.
//!
//! These checks read the side tables of the tree (lost duplicates, text after `...`, words of YAML 1.1); nothing here
//! judges what an object asks for.

mod checks;

pub use checks::CHECKS;
