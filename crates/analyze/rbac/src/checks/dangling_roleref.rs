//! `rbac/dangling-roleref`

use crate::bindings::role_ref;
use crate::facts::{READS, facts};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/dangling-roleref",
    title: "binding to a role that does not exist",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    page: include_str!("dangling_roleref.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    for dangling in facts.world.dangling() {
        let world = &facts.world;
        let Some(object) = facts.object(world.binding(dangling.binding).origin(), cx) else { continue };
        let kind = if world.binding(dangling.binding).role_ref().cluster { Kind::CLUSTER_ROLE } else { Kind::ROLE };
        cx.context(&[kind]);
        let message = format!("{} does not exist: the binding grants nothing", world.role_ref_label(dangling.binding));
        cx.find_in(object, role_ref(object), message)
            .label("whoever creates a role of that name decides what it grants");
    }
}
