//! `rbac/duplicate-binding`

use crate::bindings::{Named, subjects};
use crate::facts::{READS, facts};
use ironclad_authz::SubjectId;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Object, Severity};
use rustc_hash::FxHashMap;

pub(super) static META: Meta = Meta {
    id: "rbac/duplicate-binding",
    title: "subject bound twice to one role",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("duplicate_binding.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    let world = &facts.world;
    // By place, role (a Role lies where its binding does) and subject.
    let mut known: FxHashMap<(&str, bool, &str, SubjectId), &Object> = FxHashMap::default();
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let cluster_role = world.binding(binding).role_ref().cluster;
        let key = (world.binding_namespace(binding), cluster_role, world.role_ref_name(binding), subject);
        if let Some(first) = known.get(&key) {
            let message =
                format!("{} has {} by another binding already", facts.subject(subject), world.role_ref_label(binding));
            cx.find_in(object, named.node(&facts), message).related_in(first, first.root(), "here");
        } else {
            known.insert(key, object);
        }
    }
}
