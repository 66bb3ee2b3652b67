//! Secrets in plain sight: in environment variables, arguments, probe headers and ConfigMaps.
//!
//! What looks like a secret is decided by `ironclad-leak`; the checks know where to look and what to say. A finding names
//! the place and the form of a secret, never the secret, and hides it from every excerpt of its source.
//!
//! Deliberately absent: external stores, encryption at rest, who may read a Secret.

mod checks;
mod place;

pub use checks::CHECKS;
