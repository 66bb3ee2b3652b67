//! The values that every part of ironclad speaks in: kinds, objects, the [`Snapshot`] they live in, quantities,
//! label selectors, and what a judgement yields: [`Finding`], [`Problem`](ironclad_tree::Problem), [`Report`].
//!
//! Read [`Snapshot`] first: everything that is judged is an [`Object`] of one.
//! This crate does no I/O, knows no check, and reads no clock.

mod finding;
mod kind;
mod object;
mod origin;
mod place;
mod quantity;
mod report;
mod selector;
mod severity;
mod snapshot;
mod time;
mod waiver;

pub use finding::{Bound, Confidence, Edit, Finding, Fix, Related, Safety, Status, Wanted};
pub use kind::{Kind, group_of};
pub use object::{Identity, Object, ObjectId};
pub use origin::{Link, OriginId, Origins, Readdress, Role};
pub use place::{Location, Place, Spot};
pub use quantity::{Quantity, QuantityError};
pub use report::{CheckFailure, Coverage, Input, NotFollowed, NotObserved, Report, ReportedProblem, StandIn};
pub use selector::{LabelSelector, Requirement, SelectorError};
pub use severity::Severity;
pub use snapshot::{DocumentId, IsNamespaced, Snapshot, SnapshotBuilder, Unit, UnitId};
pub use time::Date;
pub use waiver::Waived;
