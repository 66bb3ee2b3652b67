//! Pods and workloads: hardening, Pod Security levels, reliability, wiring, hygiene, namespaces.
//!
//! One file a check in `checks/`, its page beside it; [`CHECKS`] is the list. What several checks share lies in
//! `ironclad-pod`.

mod checks;

pub use checks::CHECKS;
