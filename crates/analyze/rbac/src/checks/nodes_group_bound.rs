//! `rbac/nodes-group-bound`

use crate::bindings::{Named, subjects};
use crate::facts::{READS, facts};
use crate::risk::scope_words;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/nodes-group-bound",
    title: "role bound to all nodes",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1078"],
    page: include_str!("nodes_group_bound.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let world = &facts.world;
        let who = world.principal(subject);
        let is_node = who == "system:nodes" || who.starts_with("system:node:");
        let role = world.role_ref_name(binding);
        // What kubeadm binds: renewal of a node's own certificate, and reading of its own configuration.
        let bootstrap = role.ends_with(":selfnodeclient") || world.binding_name(binding).starts_with("kubeadm:");
        if is_node && !bootstrap {
            let scope = scope_words(&facts, binding);
            let message = format!("every holder of a node's credentials has {}{scope}", world.role_ref_label(binding));
            cx.find_in(object, named.node(&facts), message);
        }
    }
}
