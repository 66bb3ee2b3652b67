//! Files, folders, globs and standard input become one [`Snapshot`](ironclad_model::Snapshot).
//!
//! Start with [`load`]. Nothing disappears silently: what is not Kubernetes is counted by reason, what cannot be read
//! or parsed is a problem with its place, and everything else is still there. Order of arguments and of directory
//! entries does not matter: sources are sorted by name.
//!
//! Deliberately absent: rendering (`ironclad-render`, to come), any network.

mod classify;
mod discover;
mod read;
mod types;

pub use discover::Walk;
pub use read::{Loaded, Overlay, Progress, Request, load, load_over, load_text};
