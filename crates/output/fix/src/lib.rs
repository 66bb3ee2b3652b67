//! Findings away: chooses, orders, applies and verifies edits on the text that a person wrote.
//!
//! Start with [`fix`]: a snapshot and a judge go in, the texts that changed come out, each with what was done to it and
//! what had to be refused. An edit speaks of nodes; [`lower()`] makes it a replacement of bytes, so that everything else
//! (comments, quotes, order of keys, anchors, line breaks, indentation) stays as it is. A text is never printed anew.
//!
//! Two proofs stand behind every text that comes out. It is parsed again, and each of its documents must equal the old
//! one with exactly the wanted changes ([`Expected`]). It is judged again, and each finding that an edit was for must be
//! gone while no other has come. An edit that fails either is left out and reported with the reason.
//!
//! Deliberately absent: files (the caller writes them), knowledge of any check, values of our own invention.

mod choose;
mod diff;
mod expect;
mod fixer;
mod lower;
mod offer;
mod path;
mod print;
mod refuse;
mod rendered;
mod text;
mod value;

pub use choose::{Options, Unfixed, chosen};
pub use diff::unified;
pub use expect::Expected;
pub use fixer::{Applied, Fixed, FixedSource, Judge, Subject, fix};
pub use lower::{Lowered, Plan, lower};
pub use offer::{Offer, is_offered, offer};
pub use path::{Operation, edit_text};
pub use refuse::{Refusal, Refused};
pub use rendered::{Reload, Reloaded, Rendered, fix_rendered, fix_some_rendered};
pub use text::{Change, apply};
pub use value::Value;
