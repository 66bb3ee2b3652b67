//! What stands in a file, and where.

use serde::{Deserialize, Serialize};

/// First bytes of every file: no text, and changed by whoever changes line ends.
pub const MAGIC: [u8; 8] = *b"\x89IRC\r\n\x1a\n";
/// Last bytes of every whole file.
pub(crate) const END: [u8; 8] = *b"IRC-END\n";
/// Version of the format: a reader of another major version refuses, one of another minor version reads on.
pub const VERSION: (u16, u16) = (1, 0);

/// Kinds of frames. A reader skips those that it does not know.
pub(crate) const HEADER: u8 = b'H';
pub(crate) const OBJECTS: u8 = b'O';
pub(crate) const INDEX: u8 = b'I';

/// What a snapshot is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Header {
    /// Name and version of the program that wrote it.
    pub tool: String,
    /// When it was taken: RFC 3339, UTC.
    pub taken: String,
    /// Name of the context.
    pub context: String,
    /// `gitVersion` of the API server.
    pub kubernetes: String,
    /// The namespaces that were asked for; all where it is empty.
    pub namespaces: Vec<String>,
    /// Resources that were listed: `deployments.apps`.
    pub listed: Vec<String>,
    /// What was asked for and not shown.
    pub not_observed: Vec<Missing>,
    /// Aggregated APIs whose servers did not answer.
    pub silent: Vec<String>,
    /// Secrets were not asked for.
    pub without_secrets: bool,
    /// Number of values that were taken away because they look like secrets.
    pub redacted: usize,
    /// Equal secrets have equal marks: a key was given.
    pub equality: bool,
    /// Deprecated APIs that were asked for since the API server began; nothing where it did not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated_requests: Option<Vec<Deprecated>>,
}

/// A deprecated API that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Deprecated {
    /// API group.
    pub group: String,
    /// Version.
    pub version: String,
    /// Resource.
    pub resource: String,
    /// The first release that does not serve it.
    pub removed: Option<String>,
}

/// A kind that could not be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Missing {
    /// `apiVersion`.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// The permission that would show it.
    pub permission: String,
    /// `cluster/forbidden` and its kin.
    pub code: String,
    /// What the cluster said.
    pub message: String,
}

/// The kind of the objects of a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KindOf {
    /// `apiVersion`.
    pub api_version: String,
    /// Kind.
    pub kind: String,
}

/// One frame, as the index names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    #[serde(flatten)]
    pub(crate) of: KindOf,
    /// Where the frame begins, from the beginning of the file.
    pub(crate) offset: u64,
    /// Objects in it.
    pub(crate) objects: usize,
    /// Bytes of its content.
    pub(crate) bytes: usize,
}
