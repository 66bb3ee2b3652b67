//! `network/policy-allow-all`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity, Spot};
use ironclad_reach::{Side, isolates};
use ironclad_views::{NetworkPolicy, View};

pub(super) static META: Meta = Meta {
    id: "network/policy-allow-all",
    title: "policy that allows every peer",
    severity: Severity::Medium,
    reads: &[Kind::NETWORK_POLICY],
    page: include_str!("policy_allow_all.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let spec = NetworkPolicy::at(object.root().into()).spec();
    if isolates(object, Side::Ingress) {
        for rule in spec.ingress().iter().filter(|rule| rule.peers().is_empty()) {
            report(Side::Ingress, rule.spot(), has_ports(rule.ports()), cx);
        }
    }
    if isolates(object, Side::Egress) {
        for rule in spec.egress().iter().filter(|rule| rule.peers().is_empty()) {
            report(Side::Egress, rule.spot(), has_ports(rule.ports()), cx);
        }
    }
}

fn has_ports(ports: Spot<'_>) -> bool {
    ports.node().is_some_and(|node| !node.is_null() && !node.is_empty())
}

fn report(side: Side, at: Spot<'_>, ports: bool, cx: &mut Cx<'_>) {
    let what = match side {
        Side::Ingress => "lets everybody in",
        Side::Egress => "lets pods go everywhere",
    };
    let how = if ports { "on its ports" } else { "on every port" };
    let finder = cx.find(at, format!("{} rule {what} {how}", side.as_str()));
    // A port that is open to all may be what the pod is for.
    let finder = if ports { finder.severity(Severity::Low) } else { finder };
    finder
        .evidence("direction", side.as_str())
        .label("a rule without peers is for all, inside the cluster and outside");
}
