//! `rbac/sa-daemonset-powerful`

use crate::accounts::{DAEMON_READS, accounts};
use crate::facts::facts;
use ironclad_authz::{Request, User};
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


const RBAC: &str = "rbac.authorization.k8s.io";

/// What one node must never be able to do to all others: verb, group, resource, subresource, and what it is in words.
const POWERS: &[(&str, &str, &str, &str, &str)] = &[
    ("*", "*", "*", "", "do everything"),
    ("escalate", RBAC, "clusterroles", "", "give itself any right"),
    ("bind", RBAC, "clusterroles", "", "bind itself to any role"),
    ("impersonate", "", "users", "", "be any user"),
    ("impersonate", "", "serviceaccounts", "", "be any ServiceAccount"),
    ("create", "", "serviceaccounts", "token", "take the token of any ServiceAccount"),
    ("list", "", "secrets", "", "read every Secret"),
    ("create", "", "pods", "", "start pods as any ServiceAccount"),
    ("create", "", "pods", "exec", "run commands in every pod"),
    ("get", "", "nodes", "proxy", "run commands in every pod through its node"),
    ("patch", "", "nodes", "", "steer pods to a node"),
    ("create", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "", "change what others create"),
];

pub(super) fn check(cx: &mut Cx<'_>) {
    let (accounts, facts) = (accounts(cx), facts(cx));
    let nodes = cx.objects(Kind::NODE).len();
    for (object, name) in accounts.daemon_sets() {
        let Some(object) = cx.object_of(object) else { continue };
        let namespace = object.namespace().unwrap_or(crate::facts::UNNAMED);
        let user = User::service_account(namespace, name);
        let mut proof = None;
        let held = POWERS.iter().find(|(verb, group, resource, subresource, _)| {
            let request = Request::resource(verb, group, resource).subresource(subresource);
            proof = facts.world.decide(&user, &request).proofs.first().copied();
            proof.is_some()
        });
        let (Some((_, _, _, _, what)), Some(proof)) = (held, proof) else { continue };
        let at = Spot::at(object.root()).field(f::METADATA).field(f::NAME);
        let label = match nodes {
            0 => "whoever breaks out of one pod on one node has it".to_owned(),
            count => format!("it lies on up to {count} nodes: whoever breaks into one has it"),
        };
        let binding = facts.object(facts.world.binding(proof.binding).origin(), cx);
        let message = format!("the token of ServiceAccount \"{name}\" lies on every node and can {what}");
        let finder = cx.find_in(object, at, message).label(label);
        if let Some(binding) = binding {
            finder.related_in(binding, binding.root(), "the binding that gives it");
        }
    }
}
