//! `rbac/many-admins`

use crate::bindings::role_ref;
use crate::facts::{READS, facts};
use ironclad_authz::{BindingId, MASTERS, SubjectId};
use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::Severity;
use std::collections::BTreeMap;

pub(super) static META: Meta = Meta {
    id: "rbac/many-admins",
    title: "many can do everything",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.1"],
    params: &[Param {
        name: "most",
        default: ParamDefault::Int(5),
        doc: "As many subjects may do everything in the whole cluster",
    }],
    page: include_str!("many_admins.md"),
    ..Meta::DEFAULT
};

/// As many bindings are listed.
const LISTED: usize = 20;

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    let world = &facts.world;
    let mut admins: BTreeMap<SubjectId, BindingId> = BTreeMap::new();
    for binding in world.binding_ids() {
        let is_admin = world.binding(binding).role().is_some_and(|role| facts.is_admin(role));
        if is_admin && world.binding(binding).is_cluster() {
            for subject in world.subjects_of(binding) {
                // The API server's own group, and kubeadm's.
                if ![MASTERS, "kubeadm:cluster-admins"].contains(&world.principal(subject)) {
                    admins.entry(subject).or_insert(binding);
                }
            }
        }
    }
    if admins.len() as i64 <= cx.int("most") {
        return;
    }
    let mut bindings: Vec<BindingId> = admins.values().copied().collect();
    bindings.sort_by_cached_key(|binding| world.binding_label(*binding));
    bindings.dedup();
    let objects: Vec<_> =
        bindings.iter().filter_map(|id| Some((*id, facts.object(world.binding(*id).origin(), cx)?))).collect();
    let Some(((_, first), rest)) = objects.split_first() else { return };
    let mut names: Vec<String> = admins.keys().map(|subject| facts.subject(*subject)).collect();
    names.sort();
    let message = format!("{} subjects can do everything in the whole cluster", names.len());
    let mut finder = cx.find_in(first, role_ref(first), message).evidence("subjects", names.join(", "));
    for (binding, object) in rest.iter().take(LISTED) {
        let who: Vec<String> = world.subjects_of(*binding).map(|subject| facts.subject(subject)).collect();
        finder = finder.related_in(object, role_ref(object), format!("{} by this binding", who.join(", ")));
    }
}
