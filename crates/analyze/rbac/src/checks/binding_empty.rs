//! `rbac/binding-empty`

use crate::facts::{READS, facts};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Severity, Spot};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "rbac/binding-empty",
    title: "binding of nobody",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("binding_empty.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    for binding in facts.world.binding_ids() {
        let world = &facts.world;
        let bound = world.binding(binding);
        if bound.is_refused() || facts.is_default_binding(binding) || world.subjects_of(binding).next().is_some() {
            continue;
        }
        let Some(object) = facts.object(bound.origin(), cx) else { continue };
        let at = Spot::at(object.root()).field(f::SUBJECTS);
        cx.find_in(object, at, format!("binding to {} names nobody", world.role_ref_label(binding)));
    }
}
