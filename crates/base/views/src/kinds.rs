//! The views, by topic. Field names and types are held against the published OpenAPI documents by a test in
//! `schema.rs`.

mod availability;
mod container;
mod core;
mod network;
mod pod;
mod scheduling;
mod security;
mod volume;
mod workload;

pub use availability::*;
pub use container::*;
pub use core::*;
pub use network::*;
pub use pod::*;
pub use scheduling::*;
pub use security::*;
pub use volume::*;
pub use workload::*;

/// Every view's declared fields.
pub fn declared() -> impl Iterator<Item = &'static (&'static str, ironclad_tree::Symbol, &'static str)> {
    [
        availability::VIEWS,
        container::VIEWS,
        core::VIEWS,
        network::VIEWS,
        pod::VIEWS,
        scheduling::VIEWS,
        security::VIEWS,
        volume::VIEWS,
        workload::VIEWS,
    ]
    .into_iter()
    .flatten()
    .copied()
    .flatten()
}
