//! `rbac/cluster-admin`

use crate::bindings::role_ref;
use crate::facts::{READS, facts};
use crate::risk::scope_words;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/cluster-admin",
    title: "everything may be done",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.1", "mitre:T1078"],
    page: include_str!("cluster_admin.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    let world = &facts.world;
    for binding in world.binding_ids() {
        let Some(role) = world.binding(binding).role().filter(|role| facts.is_admin(*role)) else { continue };
        let Some(object) = facts.object(world.binding(binding).origin(), cx) else { continue };
        let mut holders: Vec<String> = Vec::new();
        for subject in world.subjects_of(binding) {
            // The API server's own binding, and kubeadm's, for administrators.
            let known = [ironclad_authz::MASTERS, "kubeadm:cluster-admins"].contains(&world.principal(subject));
            if !known {
                holders.push(facts.subject(subject));
            }
        }
        let Some((first, rest)) = holders.split_first() else { continue };
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        let all = world.binding(binding).is_cluster() || facts.is_system(world.binding_namespace(binding));
        let severity = if all { Severity::Critical } else { Severity::High };
        let scope = scope_words(&facts, binding);
        let at = role_ref(object);
        let role_object = facts.object(world.role(role).origin(), cx);
        let finder = cx.find_in(object, at, format!("{first}{more} can do everything{scope}")).severity(severity);
        let finder = finder.evidence("subjects", holders.join(", "));
        if let Some(role_object) = role_object {
            finder.related_in(role_object, role_object.root(), format!("{} grants everything", world.role_label(role)));
        }
    }
    for role in world.role_ids().filter(|role| facts.is_admin(*role) && !facts.is_default_role(*role)) {
        if world.bindings_to(role).next().is_none()
            && let Some(object) = facts.object(world.role(role).origin(), cx)
        {
            cx.find_in(object, object.root(), "whoever this role is bound to can do everything")
                .severity(Severity::Low);
        }
    }
}
