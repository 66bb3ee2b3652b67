//! What lies beside the objects and says how objects of a kind look.

use ironclad_model::Snapshot;
use ironclad_tree::Document;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Schemas of kinds that are not built in, read from the places that a person names. What the set itself defines comes
/// before them.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// Were any places named?
    pub asked: bool,
    /// CustomResourceDefinitions.
    pub definitions: Arc<Snapshot>,
    /// JSON Schemas, each the root of its document, by API version (`example.com/v1`) and kind.
    pub kinds: BTreeMap<(String, String), Arc<Document>>,
}
