//! `rbac/user-subject`

use crate::bindings::{Named, subjects};
use crate::facts::{READS, facts};
use ironclad_authz::SubjectKind;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/user-subject",
    title: "role bound to a single user",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: READS,
    page: include_str!("user_subject.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let world = &facts.world;
        let person =
            world.subject(subject).kind() == SubjectKind::User && !world.principal(subject).starts_with("system:");
        if person {
            let message = format!("{} has {} by name", facts.subject(subject), world.role_ref_label(binding));
            cx.find_in(object, named.node(&facts), message);
        }
    }
}
