//! A live cluster as a [`Snapshot`](ironclad_model::Snapshot): discovered, listed page by page, and honest about what
//! could not be seen.
//!
//! Read [`read`] first. Only `get`, `list` and `watch` are ever asked for, and only of kinds that somebody wants.
//! Objects lose `managedFields` and last-applied annotations as their page is taken apart, and Secrets are listed as
//! metadata. What the server refuses is [`Unseen`], with the permission that would show it.
//!
//! Everything asynchronous stays inside: callers wait.

mod connect;
mod discovery;
mod list;
mod permission;
mod read;
mod request;

pub use connect::{Access, Connection};
pub use discovery::{Resource, Served};
pub use permission::{Rule, least_role, likely_resources};
pub use read::{Progress, Read, Request, Unseen, Want, read};
pub use request::Failure;
