//! The list: one line a check.

ironclad_check::checks![
    deprecated_api: object,
    deprecated_api_in_use: snapshot,
    duplicate_key: object,
    expired_waiver: waivers,
    invalid_waiver: waivers,
    lost_document: object,
    removed_api: object,
    schema: object,
    unused_waiver: waivers,
    yaml_1_1: object,
];

use ironclad_model::Object;
use ironclad_tree::NodeId;

/// Is a node of the object's document part of this object? A list's own text belongs to its first item.
fn belongs(object: &Object, node: NodeId) -> bool {
    let document = object.document();
    let root = object.root().id();
    let mut at = Some(document.node(node));
    while let Some(inner) = at {
        if inner.id() == root {
            return true;
        }
        at = document.parent(inner.id());
    }
    false
}
