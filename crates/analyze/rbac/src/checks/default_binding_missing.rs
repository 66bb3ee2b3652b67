//! `rbac/default-binding-missing`

use crate::facts::{READS, facts};
use ironclad_authz::{Defaults, OLDEST, Options, World};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity, Snapshot, Spot};
use ironclad_tree::f;
use std::collections::BTreeSet;

pub(super) static META: Meta = Meta {
    id: "rbac/default-binding-missing",
    title: "default binding that is not there",
    severity: Severity::Info,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("default_binding_missing.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    // What is not there is only known where everything was read.
    if !cx.complete() || cx.version() < OLDEST || cx.objects(Kind::CLUSTER_ROLE_BINDING).is_empty() {
        return;
    }
    let facts = facts(cx);
    let there: BTreeSet<&str> =
        cx.objects(Kind::CLUSTER_ROLE_BINDING).into_iter().map(|object| object.name()).collect();
    let defaults = Defaults::All(cx.version());
    let world = World::of(&Snapshot::default(), &Options { defaults, ..Options::default() });
    for binding in world.binding_ids() {
        let name = world.binding_name(binding);
        if !world.binding(binding).is_cluster() || there.contains(name) {
            continue;
        }
        // Said at the role, which is there: a set without default objects is no dump of a cluster.
        let Some(role) = facts.world.role_named(None, world.role_ref_name(binding)) else { continue };
        let Some(object) = facts.object(facts.world.role(role).origin(), cx) else { continue };
        if !facts.is_default_role(role) {
            continue;
        }
        let who: Vec<String> = world.subjects_of(binding).map(|subject| world.subject_label(subject)).collect();
        if who.is_empty() {
            continue;
        }
        let at = Spot::at(object.root()).field(f::METADATA).field(f::NAME);
        cx.find_in(object, at, format!("default ClusterRoleBinding/{name} to {} is missing", who.join(", ")))
            .label("the API server makes it again at its next start");
    }
}
