//! Who can do what, and what follows from it: risky permissions, bindings that mislead, roles that do nothing.
//!
//! One file a check in `checks/`, its page beside it; [`CHECKS`] is the list. [`facts`] is the index over the snapshot and
//! what all checks ask of it; [`risk`] judges a permission by who really holds it, and where;
//! [`served`] knows what a rule can ask for.

mod accounts;
mod apiserver;
mod aws_auth;
mod bindings;
mod checks;
mod cloud;
mod facts;
mod risk;
mod served;

pub use checks::CHECKS;
