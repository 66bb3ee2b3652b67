//! Objects against their schemas: built-in kinds against the tables derived from the published OpenAPI documents
//! ([`built_in`]), custom kinds against the CustomResourceDefinitions of the same set, or what lies beside it ([`custom`],
//! [`given`]).
//!
//! The JSON types of built-in kinds are not judged here: whoever reads an object refuses them first (`input/type`).
//! Nothing recurses on the object, and what is below a mistake is not judged twice.

pub(crate) mod built_in;
pub(crate) mod custom;
mod format;
mod given;
mod junctors;
mod lists;
mod structural;

use ironclad_tree::NodeRef;

/// One mistake at the top can make a hundred below.
pub(crate) const MOST: usize = 20;

/// Something that the API server refuses.
pub(crate) struct Fault<'a> {
    /// The node, or the mapping that lacks a field.
    pub(crate) node: NodeRef<'a>,
    /// Name of the field that the mapping lacks.
    pub(crate) missing: Option<String>,
    /// What is wrong.
    pub(crate) message: String,
    /// What follows.
    pub(crate) label: &'static str,
}

/// Most faults are refused.
const REFUSED: &str = "the API server refuses the object";
/// What strict validation refuses, and what is otherwise dropped without a word.
const DROPPED: &str = "refused by strict validation, dropped without it";

impl<'a> Fault<'a> {
    fn at(node: NodeRef<'a>, message: String) -> Self {
        Fault { node, missing: None, message, label: REFUSED }
    }

    fn missing(mapping: NodeRef<'a>, name: &str) -> Self {
        let message = format!("required field `{name}` is missing");
        Fault { node: mapping, missing: Some(name.to_owned()), message, label: REFUSED }
    }
}

/// The name that was meant: the same in other letters, or a near one.
fn meant<'c>(name: &str, candidates: impl Iterator<Item = &'c str> + Clone) -> Option<&'c str> {
    candidates
        .clone()
        .find(|candidate| candidate.eq_ignore_ascii_case(name))
        .or_else(|| ironclad_check::suggest(name, candidates))
}

/// `a`, `b` or `c`, as far as a line goes.
fn list_of<'v>(values: impl Iterator<Item = &'v str>) -> String {
    const SHOWN: usize = 8;
    let all: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
    let shown: Vec<String> = all.iter().take(SHOWN).map(|value| format!("`{value}`")).collect();
    match shown.split_last() {
        _ if all.len() > SHOWN => format!("{} …", shown.join(", ")),
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => shown.concat(),
    }
}
