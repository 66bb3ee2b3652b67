//! The engine against the corpus of public cases, and against a slow and obvious evaluator on random worlds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::panic, reason = "a test")]

mod corpus;
mod defaults;
mod misses;
mod properties;
mod reference;
