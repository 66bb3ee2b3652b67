//! Findings in the editor: the language server protocol (3.17) over any pair of streams.
//!
//! Read [`serve`] first, then [`Engine`]: the server knows the protocol, positions and open documents; whoever starts it
//! supplies the judgement. A document is judged alone after each change, as soon as no further message waits. Its whole
//! folder is judged on another thread when it is opened or saved and when somebody pauses while typing, with the texts
//! of all open documents: for the checks that join objects, and for what charts and kustomizations are made of. Until
//! that comes, what the folder showed before stays and moves along with the text.
//!
//! Invariants: a broken message costs only itself; nothing sleeps; a document that is not Kubernetes has no diagnostics;
//! only open documents have any.
//!
//! Deliberately absent: any check, any I/O but the two streams, any dependency for the protocol. Four requests and nine
//! notifications are less code than the types of a crate, and a server of our own answers what cannot be read instead
//! of ending.

mod actions;
mod documents;
mod due;
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
    fn folder(&self, root: &Path, open: &Texts) -> Judged;

    /// What would make a finding in a rendered object of a folder go away, by edits of any of its files. Each way is
    /// proved: everything else is as it was.
    fn rendered_fixes(&self, root: &Path, open: &Texts, finding: &Finding) -> Vec<RenderedFix>;

    /// What is judged together with a file: the part of its workspace folder that one configuration holds for. In no
    /// workspace, the chart or kustomization that the file is part of, if any.
    fn root(&self, file: &Path, folder: Option<&Path>) -> Option<PathBuf>;

    /// Configuration may have changed: reads it anew from now on.
    fn forget(&self);
}

/// Texts of open documents, by the paths of their files.
pub type Texts = HashMap<PathBuf, Arc<str>>;

/// A way to make a finding in a rendered object go away.
pub struct RenderedFix {
    /// What it does, as an order.
    pub title: String,
    /// May it change more than what is asked for?
    pub is_unsafe: bool,
    /// The files that it edits: before and after.
    pub files: Vec<(PathBuf, Arc<str>, Arc<str>)>,
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
    /// Those of the open documents that it says all about.
    pub covered: Vec<Covered>,
}

/// An open document that a folder's judgement says all about.
pub struct Covered {
    /// Its file.
    pub file: PathBuf,
    /// Is it judged only through what is rendered of it?
    pub is_rendered: bool,
}
