//! Who can do what, and what follows from it: risky permissions, bindings that mislead, roles that do nothing.
//!
//! One file a check in `checks/`, its page beside it; [`CHECKS`] is the list. [`facts`] is the index over the snapshot and
//! what all checks ask of it; [`risk`] judges a permission by who really holds it, and where.

mod accounts;
mod apiserver;
mod bindings;
mod checks;
mod facts;
mod risk;

pub use checks::CHECKS;
