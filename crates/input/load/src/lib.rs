//! Files, folders, globs and standard input become one [`Snapshot`](ironclad_model::Snapshot).
//!
//! Start with [`load`]. Nothing disappears silently: what is not Kubernetes is counted by reason, what cannot be read
//! or parsed is a problem with its place, and everything else is still there. Order of arguments and of directory
//! entries does not matter: sources are sorted by name.
//!
//! A folder with a Chart.yaml is rendered once, by `ironclad-render`, and none of its files is read as a manifest.
//!
//! Deliberately absent: any network.

mod classify;
mod cloud;
mod cluster_file;
mod discover;
mod gitops;
mod kustomizations;
mod read;
mod schemas;
mod types;
mod units;

pub use cluster_file::{Live, Sift};
pub use discover::{Walk, is_own_of_chart, unit_of_file};
pub use ironclad_render::{SetKind, branches};
pub use read::{Loaded, Memo, Overlay, Progress, Request, load, load_again, load_over, load_sifting, load_text};
pub use schemas::{BadPlace, Place, SchemaReader};
pub use units::{Charts, FoundChart, charts_in};
