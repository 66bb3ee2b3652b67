//! The tests of this crate, in one program.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr, reason = "tests")]

mod oracle;
mod provenance;
mod public;
mod schemas;
mod substitute;
