//! `network/service-external-ips`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Kind, Object, Safety, Severity};
use ironclad_views::{Service, View};

pub(super) static META: Meta = Meta {
    id: "network/service-external-ips",
    title: "Service claims addresses",
    severity: Severity::High,
    reads: &[Kind::SERVICE],
    fix: FixKind::Safe,
    page: include_str!("service_external_ips.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let addresses = Service::at(object.root().into()).spec().external_ips();
    let written: Vec<&str> = addresses.iter().map(|(_, address)| address).collect();
    if !written.is_empty() {
        cx.find(addresses.spot(), format!("Service claims {}", written.join(", ")))
            .label("every node sends traffic for these addresses to its pods, whoever owns them")
            .fix_remove("remove `externalIPs`", Safety::Safe, addresses.spot());
    }
}
