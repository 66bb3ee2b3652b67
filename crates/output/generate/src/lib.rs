//! Manifests from what was observed: the roles that an audit log shows to be needed.
//!
//! [`rbac`] has the way: [`Observed`](rbac::Observed) takes events, [`plan`](rbac::plan) makes roles and bindings of
//! them, [`prove`](rbac::prove) replays what was observed through the authorization engine, over what was made.
//!
//! Deliberately absent: any I/O. Events and objects are given; manifests are values.

pub mod rbac;
