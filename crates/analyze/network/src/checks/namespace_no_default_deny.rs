//! `network/namespace-no-default-deny`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity, Spot};
use ironclad_reach::{Answer, Namespace, Policies, Side, policies};
use ironclad_tree::f;
use std::sync::Arc;

pub(super) static META: Meta = Meta {
    id: "network/namespace-no-default-deny",
    title: "namespace without a policy that denies by default",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[
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
    peers: &[("kubeaudit", "MissingDefaultDenyEgressNetworkPolicy"), ("kubeaudit", "MissingDefaultDenyIngressAndEgressNetworkPolicy"), ("kubeaudit", "MissingDefaultDenyIngressNetworkPolicy"), ("kubeaudit", "netpols"), ("kubescape", "C-0049"), ("kubescape", "C-0054"), ("kubescape", "C-0206"), ("kubescape", "internal-networking")],
    page: include_str!("namespace_no_default_deny.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let policies: &Arc<Policies> = cx.once(|cx| policies(cx));
    let namespace = Namespace::named(object.name());
    let open: Vec<&str> = Side::BOTH
        .iter()
        .filter(|side| policies.denies_by_default(&namespace, **side) == Answer::No)
        .map(|side| side.as_str())
        .collect();
    if open.is_empty() {
        return;
    }
    if policies.is_empty() {
        cx.context(&[Kind::NETWORK_POLICY]);
    }
    let at = Spot::at(object.root()).field(f::METADATA).field(f::NAME);
    cx.find(at, format!("no policy of the namespace denies {} by default", open.join(" or ")))
        .label("a pod that no other policy selects is open");
}
