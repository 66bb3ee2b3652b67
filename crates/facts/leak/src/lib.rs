//! Secret-shaped text: tokens of known providers, private keys, URLs with passwords ([`find`]), and names whose values
//! are secrets ([`name_of_secret`], [`judge`], [`assignments`]).
//!
//! Structure first: who has a key and a value asks [`judge`] for the pair; text that has none is searched with [`find`],
//! and [`assignments`] takes `key=value` and `key: value` lines out of text in between. All work is linear in the text:
//! one pass of Aho-Corasick over the keywords of all rules, then only the rules whose keyword was seen, and only around
//! it.
//!
//! Nothing here keeps or prints what it found: a [`Leak`] is a rule and a range.
//!
//! Deliberately absent: decoding of nested encodings, rules read from files, any I/O.

mod assign;
mod base64;
mod engine;
mod entropy;
mod name;
mod personal;
mod rules;
mod value;

pub use assign::{Assignment, assignments};
pub use base64::decode as decode_base64;
pub use engine::{Leak, find};
pub use entropy::entropy;
pub use name::{SecretName, name_of_secret};
pub use personal::personal;
pub use rules::{Confidence, RULES, Rule};
pub use value::{Verdict, is_reference, judge};
