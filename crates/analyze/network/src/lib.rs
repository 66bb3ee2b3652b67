//! What the network lets through: policies, published Services, Ingresses. (Reachability and encryption are later
//! chapters.)
//!
//! One file a check in `checks/`, its page beside it; [`CHECKS`] is the list. Joins lie in `ironclad-reach`.

mod checks;

pub use checks::CHECKS;
