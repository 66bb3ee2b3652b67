//! `workload/sandbox-egress`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity, Spot};
use ironclad_reach::{Answer, Policies, policies, policy_kinds};
use ironclad_tree::{Kind as NodeKind, NodeRef, f};
use std::sync::Arc;

pub(super) static META: Meta = Meta {
    id: "workload/sandbox-egress",
    title: "sandbox whose connections go anywhere",
    severity: Severity::High,
    profile: Profile::OptIn,
    reads: policy_kinds![Kind::SANDBOX, Kind::SANDBOX_TEMPLATE, Kind::NAMESPACE],
    page: include_str!("sandbox_egress.md"),
    ..Meta::DEFAULT
};

const CONSEQUENCE: &str = "what runs in it sends what it finds wherever it likes";

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    match object.kind() {
        Kind::SANDBOX => unrestricted(object, None, cx),
        Kind::SANDBOX_TEMPLATE => template(object, cx),
        _ => {}
    }
}

/// No policy of the set restricts where the pods connect to.
fn unrestricted(object: &Object, at: Option<Spot<'_>>, cx: &mut Cx<'_>) {
    let policies: &Arc<Policies> = cx.once(|cx| policies(cx));
    for pod in cx.pods_of(object) {
        if policies.isolation(&pod).egress != Answer::No {
            continue;
        }
        if policies.is_empty() {
            cx.context(&[Kind::NETWORK_POLICY]);
        }
        cx.find(at.unwrap_or(pod.spec.spot()), "no policy restricts where the sandbox connects to").label(CONSEQUENCE);
    }
}

/// A template says itself which policy the controller makes for its pods.
fn template(object: &Object, cx: &mut Cx<'_>) {
    let spec = Spot::at(object.root()).field(f::SPEC);
    let management = spec.field(f::NETWORK_POLICY_MANAGEMENT);
    let by_hand = management.node().filter(|node| !node.is_null() && node.as_str() != Some("Managed"));
    if by_hand.is_some() {
        return unrestricted(object, Some(management), cx);
    }
    let policy = spec.field(f::NETWORK_POLICY);
    let egress = policy.field(f::EGRESS);
    match (policy.node().filter(|node| !node.is_null()), egress.node().filter(|node| !node.is_null())) {
        (None, _) => {
            cx.find(policy, "template has no policy, and the default one allows the internet").label(CONSEQUENCE);
        }
        (Some(node), _) if node.kind() != NodeKind::Mapping => {
            cx.find(policy, "policy of the template is not a mapping");
        }
        (Some(_), Some(rules)) if rules.kind() != NodeKind::Sequence => {
            cx.find(egress, "egress of the template's policy is not a list of rules");
        }
        (Some(_), Some(rules)) => {
            for rule in rules.items().filter(|rule| !is_scoped(*rule)) {
                cx.find(rule, "egress rule is not limited to some peers").label(CONSEQUENCE);
            }
        }
        // No rule: nothing goes out.
        (Some(_), None) => {}
    }
}

/// Has the rule peers, and is each of them less than everything?
fn is_scoped(rule: NodeRef<'_>) -> bool {
    let peers = rule.get(f::TO).map(|entry| entry.value()).filter(|to| to.kind() == NodeKind::Sequence);
    peers.is_some_and(|peers| !peers.is_empty() && peers.items().all(is_narrow))
}

fn is_narrow(peer: NodeRef<'_>) -> bool {
    let selects = |name| {
        let selector: Option<NodeRef<'_>> = peer.get(name).map(|entry| entry.value());
        selector.is_some_and(|selector| selector.entries().any(|entry| !entry.value().is_empty()))
    };
    let block = peer.get(f::IP_BLOCK).and_then(|entry| entry.value().get(f::CIDR)).and_then(|e| e.value().as_str());
    let is_range = block.is_some_and(|cidr| !cidr.is_empty() && !cidr.ends_with("/0"));
    is_range || selects(f::POD_SELECTOR) || selects(f::NAMESPACE_SELECTOR)
}
