//! `rbac/masters-binding`

use crate::bindings::{Named, subjects};
use crate::facts::{READS, facts};
use ironclad_authz::SubjectKind;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/masters-binding",
    title: "binding of the group `system:masters`",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.7"],
    page: include_str!("masters_binding.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let world = &facts.world;
        if world.principal(subject) == ironclad_authz::MASTERS && world.subject(subject).kind() == SubjectKind::Group {
            let message = format!("binding of {} to `system:masters` changes nothing", world.role_ref_label(binding));
            cx.find_in(object, named.node(&facts), message)
                .label("its members are allowed everything before RBAC is asked");
        }
    }
}
