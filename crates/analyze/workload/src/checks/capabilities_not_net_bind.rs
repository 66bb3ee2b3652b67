//! `workload/capabilities-not-net-bind`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/capabilities-not-net-bind",
    title: "container adds a capability other than NET_BIND_SERVICE",
    severity: Severity::Low,
    profile: Profile::Restricted,
    pss: &[Pss { check: "capabilities_restricted", level: Level::Restricted, since: 22, overridden: None }],
    tags: &["cis:5.2.9"],
    fix: FixKind::Safe,
    page: include_str!("capabilities_not_net_bind.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if cx.skips_windows(pod) {
        return;
    }
    for container in &pod.containers {
        for (node, name) in container.security_context().capabilities().add().iter() {
            if name != "NET_BIND_SERVICE" {
                cx.find(
                    node,
                    format!(
                        "container \"{}\" adds `{name}`; restricted allows `NET_BIND_SERVICE` only",
                        container.label()
                    ),
                )
                .of(container)
                .fix_remove(format!("remove `{name}`"), Safety::Safe, node);
            }
        }
    }
}
