//! Who can do what, and what follows from it: risky permissions, bindings that mislead, roles that do nothing.
//!
//! One file a check in `checks/`, its page beside it; [`CHECKS`] is the list. [`facts`] is the index over the snapshot and
//! what all checks ask of it; [`risk`] judges a permission by who really holds it, and where;
//! [`served`] knows what a rule can ask for; [`aws_auth`], [`eks`], [`eks_rights`], [`trust`] and [`cloud`] read who is who in a cloud.

mod accounts;
mod apiserver;
mod aws_auth;
mod bindings;
mod checks;
mod cloud;
mod eks;
mod eks_rights;
mod facts;
mod risk;
mod served;
mod trust;

pub use checks::CHECKS;
pub use eks::Grant as EksGrant;
pub use eks_rights::{Right as EksRight, rights as eks_rights};
