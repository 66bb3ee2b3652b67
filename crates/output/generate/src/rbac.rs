//! Least privilege from audit events.

mod compat;
mod evidence;
mod manifest;
mod merge;
mod need;
mod observed;
mod plan;
mod policy;
mod prove;
mod unused;

pub use compat::{CompatOptions, audit2rbac};
pub use manifest::objects;
pub use merge::{Merge, MergeError, merge};
pub use need::Need;
pub use observed::{Identity, Observed, Select, Use};
pub use plan::{Expand, Grant, Plan, plan};
pub use policy::{AuditPolicy, blind_spots};
pub use prove::{Proof, prove};
pub use unused::{Status, Unused, unused};
