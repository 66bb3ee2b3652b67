//! A live cluster as a [`Snapshot`](ironclad_model::Snapshot): discovered, listed page by page, and honest about what
//! could not be seen.
//!
//! Read [`read`] first. Only `get`, `list` and `watch` are ever asked for, and only of kinds that somebody wants; who
//! asks, and what the cluster would decide, can be asked by reviews ([`Connection::whoami`]), which store nothing.
//! Objects lose `managedFields` and last-applied annotations as their page is taken apart, and Secrets are listed as
//! metadata, type by type; their values are lent to whoever asks ([`Connection::secret_values`]), and wiped. What the
//! server refuses is [`Unseen`], with the permission that would show it.
//!
//! [`watch()`] stays connected, and tells what changes.
//!
//! Everything asynchronous stays inside: callers wait.

mod beside;
mod certificate;
mod connect;
mod credentials;
mod discovery;
mod failure;
mod list;
mod login;
mod permission;
mod plugin;
mod read;
mod request;
mod reviews;
mod watch;

pub use beside::{DeprecatedRequest, HelmRelease, SecretValue, Templated, helm_record, unpacked_record};
pub use certificate::{Subject, subject};
pub use connect::{Access, ActAs, Connection};
pub use credentials::{Credentials, Until, credentials};
pub use discovery::{Entry, Resource, Served};
pub use permission::{Rule, least_role, likely_resources, with_secret_values};
pub use read::{Deleted, OfType, Progress, Read, Request, Stream, Through, Unseen, Want, read, read_through};
pub use request::Failure;
pub use reviews::{Attributes, Identity, PathAttributes, ResourceAttributes, Review};
pub use watch::{Event, Next, Watch, watch};
