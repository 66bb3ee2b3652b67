//! `rbac/default-sa-privileged`

use crate::bindings::{Named, subjects};
use crate::facts::{READS, facts};
use crate::risk::scope_words;
use ironclad_authz::SubjectKind;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/default-sa-privileged",
    title: "role bound to the ServiceAccount `default`",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.5"],
    page: include_str!("default_sa_privileged.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let world = &facts.world;
        let is_default =
            world.subject(subject).kind() == SubjectKind::ServiceAccount && world.subject_name(subject) == "default";
        if !is_default {
            continue;
        }
        let severity = if world.binding(binding).is_cluster() { Severity::High } else { Severity::Medium };
        let scope = scope_words(&facts, binding);
        let message = format!("{} has {}{scope}", facts.subject(subject), world.role_ref_label(binding));
        cx.find_in(object, named.node(&facts), message)
            .severity(severity)
            .label("every pod that names no ServiceAccount runs as it");
    }
}
