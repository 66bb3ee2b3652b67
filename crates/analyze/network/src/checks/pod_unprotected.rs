//! `network/pod-unprotected`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_reach::{Answer, Policies, Side, policies};
use ironclad_views::Pod;
use std::sync::Arc;

pub(super) static META: Meta = Meta {
    id: "network/pod-unprotected",
    title: "pod selected by no policy",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[
        Kind::ANY_POD,
        Kind::NAMESPACE,
        Kind::NETWORK_POLICY,
        Kind::CILIUM_NETWORK_POLICY,
        Kind::CILIUM_CLUSTERWIDE_NETWORK_POLICY,
        Kind::CALICO_NETWORK_POLICY,
        Kind::CALICO_NETWORK_POLICY_CRD,
        Kind::CALICO_GLOBAL_NETWORK_POLICY,
        Kind::CALICO_GLOBAL_NETWORK_POLICY_CRD,
        Kind::ADMIN_NETWORK_POLICY,
        Kind::BASELINE_ADMIN_NETWORK_POLICY,
        Kind::CLUSTER_NETWORK_POLICY,
    ],
    tags: &["cis:5.3.2", "nsa"],
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
    cx.find(pod.spec.spot(), format!("no policy selects the pod for {}", open.join(" or "))).label(consequence);
}
