//! `workload/host-network`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/host-network",
    title: "pod shares the network of the node",
    severity: Severity::High,
    profile: Profile::Baseline,
    pss: &[Pss { check: "hostNamespaces", level: Level::Baseline, since: 0, overridden: None }],
    tags: &["cis:5.2.5", "nsa"],
    fix: FixKind::Safe,
    page: include_str!("host_network.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let field = pod.spec.host_network();
    if field.get() == Some(true) {
        cx.find(field, "pod shares the network of the node")
            .label("reaches every port and every connection of the node")
            .fix_remove("remove `hostNetwork: true`", Safety::Safe, field);
    }
}
