//! Findings in the editor: the language server protocol (3.17) over any pair of streams.
//!
//! Read [`serve`] first, then [`Engine`]: the server knows the protocol, positions and open documents; whoever starts it
//! supplies the judgement. A document is judged alone after each change, as soon as no further message waits; when one
//! is opened or saved, its whole workspace folder is judged on another thread, for the checks that join objects.
//!
//! Invariants: a broken message costs only itself; nothing sleeps and nothing waits for time; a document that is not
//! Kubernetes has no diagnostics; only open documents have any.
//!
//! Deliberately absent: any check, any I/O but the two streams, any dependency for the protocol. Four requests and nine
//! notifications are less code than the types of a crate, and a server of our own answers what cannot be read instead
//! of ending.

mod actions;
mod documents;
mod frames;
mod hover;
mod position;
mod server;
mod shown;
mod uri;

pub use frames::{Frame, read_frame};
pub use position::{Encoding, Lines};
pub use server::serve;

use ironclad_check::Catalogue;
use ironclad_model::{Finding, ReportedProblem, Snapshot};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What judges documents.
pub trait Engine: Send + Sync {
    /// Titles and pages of checks.
    fn catalogue(&self) -> &Catalogue;

    /// Judges one document by itself, by the configuration that holds for its file. Without `joins`, checks that join
    /// objects stay silent: a single document cannot tell.
    fn document(&self, file: &Path, text: &Arc<str>, joins: bool) -> Judged;

    /// Judges a folder, with the texts of open documents in place of their files. Sources are named by absolute paths.
    fn folder(&self, root: &Path, open: &HashMap<PathBuf, Arc<str>>) -> Judged;

    /// The part of a workspace folder that is judged together with a file: what one configuration holds for.
    fn root(&self, file: &Path, folder: &Path) -> PathBuf;

    /// Configuration may have changed: reads it anew from now on.
    fn forget(&self);
}

/// What came out.
#[derive(Default)]
pub struct Judged {
    /// The objects that findings point into.
    pub snapshot: Snapshot,
    /// Findings, waived ones included.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub problems: Vec<ReportedProblem>,
    /// Names of what was read and is Kubernetes.
    pub sources: Vec<String>,
}
