//! `network/ingress-host-wildcard`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::{Ingress, View};

pub(super) static META: Meta = Meta {
    id: "network/ingress-host-wildcard",
    title: "Ingress rule for every host",
    severity: Severity::Low,
    profile: Profile::OptIn,
    reads: &[Kind::INGRESS],
    page: include_str!("ingress_host_wildcard.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for rule in Ingress::at(object.root().into()).spec().rules().iter() {
        let host = rule.host();
        if matches!(host.get().unwrap_or_default(), "" | "*") {
            cx.find(host, "rule is for every host").label("it also answers to names that nobody meant");
        }
    }
}
