//! `workload/host-port`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/host-port",
    title: "container takes a port of the node",
    severity: Severity::Medium,
    profile: Profile::Baseline,
    pss: &[Pss { check: "hostPorts", level: Level::Baseline, since: 0, overridden: None }],
    tags: &["cis:5.2.13", "nsa"],
    fix: FixKind::Safe,
    page: include_str!("host_port.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    // The API server writes every port of such a pod into `hostPort`: nobody chose it, and `workload/host-network` says it.
    let copied = cx.pss().is_none() && pod.object.is_live() && pod.spec.host_network().get() == Some(true);
    for container in &pod.containers {
        for port in container.ports().iter() {
            let field = port.host_port();
            if let Some(number) = field.get().filter(|number| *number != 0) {
                if copied && port.container_port().get() == Some(number) {
                    continue;
                }
                cx.find(field, format!("container \"{}\" takes port {number} of the node", container.label()))
                    .of(container)
                    .label("open on every address of the node, past Services and most NetworkPolicies")
                    .fix_remove("remove `hostPort`", Safety::Safe, field);
            }
        }
    }
}
