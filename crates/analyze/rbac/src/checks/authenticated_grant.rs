//! `rbac/authenticated-grant`

use crate::bindings::{Named, subjects};
use crate::facts::{READS, facts};
use crate::risk::scope_words;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/authenticated-grant",
    title: "grant to everybody with a name",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1078"],
    page: include_str!("authenticated_grant.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let world = &facts.world;
        let benign = ["system:discovery", "system:basic-user", "system:public-info-viewer"];
        if world.principal(subject) != "system:authenticated" || benign.contains(&world.role_ref_name(binding)) {
            continue;
        }
        let severity = if world.binding(binding).is_cluster() { Severity::High } else { Severity::Medium };
        let scope = scope_words(&facts, binding);
        let message = format!("every user and ServiceAccount has {}{scope}", world.role_ref_label(binding));
        cx.find_in(object, named.node(&facts), message)
            .severity(severity)
            .label("where a cloud logs in whoever it knows, as GKE does, that is every account of the cloud");
    }
}
