//! `workload/run-as-uid-0`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/run-as-uid-0",
    title: "container is told to run as root",
    severity: Severity::High,
    profile: Profile::Restricted,
    pss: &[Pss { check: "runAsUser", level: Level::Restricted, since: 23, overridden: None }],
    tags: &["cis:5.2.7", "nsa"],
    fix: FixKind::Unsafe,
    page: include_str!("run_as_uid_0.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if pod.has_user_namespace() && cx.version() >= USER_NAMESPACES {
        return;
    }
    let outer = pod.spec.security_context().run_as_user();
    if outer.get() == Some(0) {
        let all_override = pod.containers.iter().all(|c| c.security_context().run_as_user().is_set());
        let message = if all_override && !pod.containers.is_empty() {
            "pod sets `runAsUser: 0`, though every container sets another"
        } else {
            "pod sets `runAsUser: 0`: its containers run as root"
        };
        cx.find(outer, message).fix_remove("remove `runAsUser: 0`", Safety::Unsafe, outer);
    }
    for container in &pod.containers {
        let own = container.security_context().run_as_user();
        if own.get() == Some(0) {
            cx.find(own, format!("container \"{}\" is told to run as root", container.label()))
                .of(container)
                .label("user 0 inside is user 0 of the node")
                .fix_remove("remove `runAsUser: 0`", Safety::Unsafe, own);
        }
    }
}

/// Minor version from which a pod with its own user namespace passes.
const USER_NAMESPACES: u8 = 35;
