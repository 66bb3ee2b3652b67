//! `rbac/anonymous-grant`

use crate::bindings::{Named, subjects};
use crate::facts::{READS, facts};
use crate::risk::scope_words;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/anonymous-grant",
    title: "grant to everybody without a name",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1078"],
    page: include_str!("anonymous_grant.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let world = &facts.world;
        let who = world.principal(subject);
        let role = world.role_ref_name(binding);
        let is_info = role == "system:public-info-viewer"
            || world.binding_name(binding) == "kubeadm:bootstrap-signer-clusterinfo";
        if !matches!(who, "system:anonymous" | "system:unauthenticated") || is_info {
            continue;
        }
        let severity = if world.binding(binding).is_cluster() { Severity::Critical } else { Severity::High };
        let scope = scope_words(&facts, binding);
        let message =
            format!("whoever reaches the API server has {}{scope}, without a name", world.role_ref_label(binding));
        cx.find_in(object, named.node(&facts), message).severity(severity);
    }
}
