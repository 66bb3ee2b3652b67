//! Text to nodes with spans: YAML and JSON exactly as kubectl reads them.
//!
//! [`parse`] splits a [`Source`] into documents as `k8s.io/apimachinery/pkg/util/yaml` does, scans YAML 1.1 as
//! libyaml (through `go.yaml.in/yaml/v2`) does, and resolves scalars, anchors, merges and keys as `sigs.k8s.io/yaml`
//! does on the way to JSON. What comes out, a [`Document`], is a true tree of 12-byte nodes whose texts stay in the
//! source, with side tables for what the API server never sees: comments, lost duplicates, aliases.
//!
//! Nothing here recurses on input, panics on it, or reads past the [`Limits`].

mod build;
mod de;
mod describe;
mod detach;
mod document;
mod extract;
mod json;
mod names;
mod node;
mod parser;
mod problem;
mod resolve;
mod scan;
mod source;
mod stream;
mod symbol;

pub use de::DeserializeError;
pub use describe::{describe, describe_value};
pub use document::{AliasUse, Comment, Document, Duplicate, Kind, NodeId, Note, Step, Style};
pub use extract::Choice;
pub use node::{Entries, Entry, Items, NodeRef};
pub use problem::{Limits, Problem, Severity, Span};
pub use source::{Encoding, Position, Source};
pub use stream::{Parsed, parse};
pub use symbol::{Symbol, well_known};

/// Well-known field names.
pub mod f {
    pub use crate::names::*;
}
