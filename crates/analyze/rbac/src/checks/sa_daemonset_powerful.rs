//! `rbac/sa-daemonset-powerful`

use crate::accounts::{DAEMON_READS, accounts};
use crate::facts::facts;
use ironclad_authz::Reach;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity, Spot};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-daemonset-powerful",
    title: "token with great rights on every node",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: DAEMON_READS,
    tags: &["mitre:T1528"],
    page: include_str!("sa_daemonset_powerful.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let (accounts, facts) = (accounts(cx), facts(cx));
    let nodes = cx.objects(Kind::NODE).len();
    for (object, name) in accounts.daemon_sets() {
        let Some(object) = cx.object_of(object) else { continue };
        // What one node must never be able to do to all others: in the whole cluster, or where that leads to it.
        let held = |within| facts.world.takeover(object.namespace(), name, Reach { on_nodes: true, within });
        let Some(held) = held(None).or_else(|| facts.system().find_map(|namespace| held(Some(namespace)))) else {
            continue;
        };
        let at = Spot::at(object.root()).field(f::METADATA).field(f::NAME);
        let label = match nodes {
            0 => "whoever breaks out of one pod on one node has it".to_owned(),
            count => format!("it lies on up to {count} nodes: whoever breaks into one has it"),
        };
        let binding = facts.object(facts.world.binding(held.proof.binding).origin(), cx);
        let message = format!("the token of ServiceAccount \"{name}\" lies on every node and can {}", held.what);
        let finder = cx.find_in(object, at, message).label(label);
        if let Some(binding) = binding {
            finder.related_in(binding, binding.root(), "the binding that gives it");
        }
    }
}
