//! Charts to documents that remember their template line.
//!
//! Start with [`render`]: a chart's files ([`ChartFiles`], from a folder or an archive) and [`Options`] become
//! [`Rendered`] manifests, each a document with [`Origins`](ironclad_model::Origins) that lead to the line of the
//! template, of the values file or of the `--set` argument that a person edits. Nothing fails as a whole: a template
//! that cannot be rendered is a problem, and the others are still there.
//!
//! What Helm does decides (`helm.sh/helm/v3`): loading, `.helmignore`, merging of values, dependencies, the order of
//! what comes out. The test beside this crate asks Helm's own module about every difference.
//!
//! Deliberately absent: the network, clusters, hooks' execution, and kustomizations, which will be a module beside
//! [`chart`](self) and make the same [`Rendered`].

mod api_versions;
mod archive;
mod branches;
mod chart;
mod comments;
mod dependencies;
mod files;
mod glob;
mod helmignore;
mod local;
mod manifest;
mod objects;
mod origins;
mod problems;
mod render;
mod schema;
mod set;
mod substitute;
mod values;

pub use branches::branches;
pub use files::{ChartFile, ChartFiles, holds_chart, read_archive, read_archive_bytes, read_folder};
pub use ironclad_gotemplate::Limits;
pub use render::{Options, Placed, Rendered, RenderedManifest, ValueArguments, name_of_template, print, render};
pub use set::{SetKind, parse as parse_set};
pub use substitute::{Variable, substitute};
