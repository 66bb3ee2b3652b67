//! `rbac/invalid-object`

use crate::facts::{READS, facts};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/invalid-object",
    title: "role or binding that the API server refuses",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("invalid_object.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    for invalid in facts.world.invalid() {
        let Some(object) = cx.object_of(invalid.object) else { continue };
        let node = object.document().node(invalid.place.node);
        cx.find_in(object, node, invalid.message.clone()).label("the API server refuses the object: it grants nothing");
    }
}
