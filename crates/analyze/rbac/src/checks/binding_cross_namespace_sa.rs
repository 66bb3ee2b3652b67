//! `rbac/binding-cross-namespace-sa`

use crate::bindings::{Named, subjects};
use crate::facts::{READS, UNNAMED, facts};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/binding-cross-namespace-sa",
    title: "RoleBinding of a ServiceAccount of another namespace",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("binding_cross_namespace_sa.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let world = &facts.world;
        let (here, home) = (world.binding_namespace(binding), world.subject_namespace(subject));
        if world.binding(binding).is_cluster() || home.is_empty() || here == UNNAMED || home == UNNAMED || home == here
        {
            continue;
        }
        let message =
            format!("{} has {} in namespace \"{here}\"", facts.subject(subject), world.role_ref_label(binding));
        cx.find_in(object, named.node(&facts), message)
            .label("who may create pods in its own namespace has the role here");
    }
}
