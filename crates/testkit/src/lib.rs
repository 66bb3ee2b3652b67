//! What tests of several crates share: the runner of check pages, snapshots from text, the place of the corpora.
//!
//! Only ever a dev-dependency. No async.

mod corpus;
mod mark;
pub mod oracle;
mod packed;
mod page;
mod schema;
mod svg;

pub use corpus::{corpus, helm_oracle_path, is_full_run, kustomize_oracle_path, oracle_path, skipped, specification};
pub use mark::{is_whole_patch, marked};
pub use packed::{gzip, tar};
pub use page::{Block, BlockKind, Page, judge_example, run_pages, run_pages_of};
pub use schema::schema_errors;
pub use svg::terminal_svg;

use ironclad_model::Snapshot;
use ironclad_tree::{Limits, Source, parse};

/// A snapshot of a text; panics where it does not parse, because a test's own text must.
pub fn snapshot(name: &str, text: &str) -> Snapshot {
    let source = Source::new(name, text);
    let parsed = parse(&source, &Limits::default());
    assert!(parsed.problems.is_empty(), "{name} does not parse: {:?}", parsed.problems);
    let mut builder = Snapshot::builder();
    for document in parsed.documents {
        builder.add(document, Default::default());
    }
    builder.build()
}
