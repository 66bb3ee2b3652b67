//! Events as they come from audit logs, whoever exported them.
//!
//! Start with [`read`]: bytes in, one [`Event`] after the other out, in memory of one record. Lines, lists, arrays and
//! indented documents are read, gzip and zstd are unpacked, and the envelopes of EKS (CloudWatch), GKE (Cloud Logging)
//! and AKS (Azure Monitor) are opened. What cannot be read is a [`Malformed`] with its line; the rest still counts.
//!
//! Deliberately absent: any file or socket (a reader is given), any judgement of an event.

mod envelope;
mod event;
mod google;
mod read;
mod split;
mod unpack;

pub use event::{Event, ObjectRef, Stage, Status, Text, UserInfo};
pub use read::{Counts, Malformed, ReadLimits, read};
