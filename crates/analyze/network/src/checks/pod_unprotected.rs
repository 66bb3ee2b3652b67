//! `network/pod-unprotected`

use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Edit, Kind, Safety, Severity};
use ironclad_pod::are_labels;
use ironclad_reach::{Answer, Policies, Side, policies, policy_kinds};
use ironclad_tree::f;
use ironclad_views::Pod;
use std::sync::Arc;

pub(super) static META: Meta = Meta {
    id: "network/pod-unprotected",
    title: "pod selected by no policy",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: policy_kinds![Kind::ANY_POD, Kind::NAMESPACE],
    tags: &["cis:5.3.2", "nsa"],
    fix: FixKind::Unsafe,
    page: include_str!("pod_unprotected.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    // Policies do not reach pods on the network of their node; a sandbox's template carries a policy of its own.
    let out_of_reach = pod.spec.host_network().get() == Some(true) || pod.object.kind() == Kind::SANDBOX_TEMPLATE;
    if out_of_reach {
        return;
    }
    let policies: &Arc<Policies> = cx.once(|cx| policies(cx));
    let isolation = policies.isolation(pod);
    if Side::BOTH.iter().any(|side| isolation.of(*side) == Answer::Unknown) {
        cx.not_observed("the set does not say whether some policies select a pod: labels of a namespace, or those that a controller adds, are missing");
    }
    let open: Vec<&str> =
        Side::BOTH.iter().filter(|side| isolation.of(**side) == Answer::No).map(|side| side.as_str()).collect();
    let consequence = match open.as_slice() {
        [] => return,
        ["ingress"] => "everything in the cluster can connect to it",
        ["egress"] => "it can connect to everything in the cluster and beyond",
        _ => "it can connect to everything, and everything to it",
    };
    if policies.is_empty() {
        cx.context(&[Kind::NETWORK_POLICY]);
    }
    let policy = policy(pod, &open, cx);
    let finder =
        cx.find(pod.spec.spot(), format!("no policy selects the pod for {}", open.join(" or "))).label(consequence);
    if let Some(policy) = policy {
        finder.fix("add a NetworkPolicy that closes the pod", Safety::Unsafe, vec![Edit::Create(policy)]);
    }
}

/// A policy that closes these directions for the pods of this workload and no others. What they need must be allowed
/// in it: that, nobody but its people know. Where the set has the namespace, one policy for all of its pods is the way,
/// and `network/namespace-no-default-deny` offers it.
fn policy(pod: &Pod<'_>, open: &[&str], cx: &Cx<'_>) -> Option<String> {
    let object = pod.object;
    let of_set = object.namespace().is_some_and(|namespace| cx.named(Kind::NAMESPACE, None, namespace).is_some());
    let metadata = object.metadata()?;
    let written = metadata.get(f::NAME)?.value().as_str()?;
    let is_plain = written.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if of_set || pod.guessed || !is_plain {
        return None;
    }
    // A StatefulSet may have the name of a Deployment, whose policy has the shorter name already.
    let names = [
        format!("{written}-default-deny"),
        format!("{written}-{}-default-deny", object.kind_name().to_ascii_lowercase()),
    ];
    let name = names.iter().find(|name| cx.named(Kind::NETWORK_POLICY, object.namespace(), name).is_none())?;
    let labels_node = pod.metadata.labels().node().filter(|node| !node.is_empty() && are_labels(*node))?;
    if !cx.keeps_edits() {
        return Some(String::new());
    }
    let mut namespace = String::new();
    if let Some(entry) = metadata.get(f::NAMESPACE) {
        namespace.push_str(",\"namespace\":");
        entry.value().write_json(&mut namespace);
    }
    let mut labels = String::new();
    labels_node.write_json(&mut labels);
    let types = open.iter().map(|side| format!("\"{}{}\"", side[..1].to_uppercase(), &side[1..])).collect::<Vec<_>>();
    Some(format!(
        "{{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{{\"name\":\"{name}\"{namespace}}},\"spec\":{{\"podSelector\":{{\"matchLabels\":{labels}}},\"policyTypes\":[{}]}}}}",
        types.join(",")
    ))
}
