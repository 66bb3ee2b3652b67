//! Pods and workloads: hardening, Pod Security levels, reliability, wiring, hygiene, namespaces.
//!
//! One module a domain of ids, with a list of its own and one file a check, its page beside it. What several checks
//! share lies in `ironclad-pod`.

mod checks;
mod hygiene;
mod joins;
mod mounts;
mod namespace;
mod reliability;
mod wiring;

pub use checks::CHECKS;
pub use hygiene::CHECKS as HYGIENE;
pub use namespace::CHECKS as NAMESPACE;
pub use reliability::CHECKS as RELIABILITY;
pub use wiring::CHECKS as WIRING;

/// Every list of this crate.
pub const LISTS: &[&[ironclad_check::Check]] = &[CHECKS, HYGIENE, NAMESPACE, RELIABILITY, WIRING];
