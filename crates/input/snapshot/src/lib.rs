//! Snapshots of a cluster: one compact file that every command takes in place of the cluster.
//!
//! Read [`Header`] first, then [`Writer`] and [`read`]. A file is: eight bytes that no text begins with, the version of
//! the format, frames, an index, and a trailer that says where the index is. A frame is a length and that many bytes of
//! zstd; what it holds is JSON: the header, then for each kind one frame or more, each a line that names the kind and a
//! line for each object, canonical (keys sorted), in the order of namespace and name.
//!
//! Invariants: equal objects and headers give equal bytes; a reader never allocates what a length in the file says
//! before that many bytes came; a file that was cut short, or is of a version that is not known, is a [`Fault`], and what
//! came before it is kept.
//!
//! Deliberately absent: what is left out of a file (whoever writes takes secrets away before), and clusters.

mod format;
mod read;
mod write;

pub use format::{Deprecated, Header, KindOf, MAGIC, Missing, VERSION};
pub use read::{Batch, Fault, Limits, Snapshot, Through, read, read_through};
pub use write::Writer;
