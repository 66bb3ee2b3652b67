//! Pods and workloads: hardening, Pod Security levels, reliability, wiring, hygiene, namespaces.
//!
//! One module a domain of ids, with a list of its own and one file a check, its page beside it. What several checks
//! share lies in `ironclad-pod`.

mod checks;
mod joins;
mod reliability;

pub use checks::CHECKS;
pub use reliability::CHECKS as RELIABILITY;

/// Every list of this crate.
pub const LISTS: &[&[ironclad_check::Check]] = &[CHECKS, RELIABILITY];
