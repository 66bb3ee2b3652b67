//! `workload/capabilities-net-raw`

use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Edit, Place};
use ironclad_model::{Safety, Severity};
use ironclad_pod::canonical_capability;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/capabilities-net-raw",
    title: "container may forge packets",
    severity: Severity::Medium,
    profile: Profile::OptIn,
    tags: &["cis:5.2.8"],
    fix: FixKind::Safe,
    page: include_str!("capabilities_net_raw.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if cx.skips_windows(pod) {
        return;
    }
    for container in &pod.containers {
        let drop = container.security_context().capabilities().drop();
        let dropped = drop.iter().any(|(_, name)| matches!(canonical_capability(name).as_str(), "ALL" | "NET_RAW"));
        if !dropped {
            cx.find(drop.spot(), format!("container \"{}\" keeps `NET_RAW`", container.label()))
                .of(container)
                .label("forges packets: ARP and DNS of its neighbours")
                .fix(
                    "add `NET_RAW` to `drop`",
                    Safety::Safe,
                    vec![Edit::Append(Place::of(drop.spot()), "\"NET_RAW\"".to_owned())],
                );
        }
    }
}
