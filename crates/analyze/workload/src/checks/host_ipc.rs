//! `workload/host-ipc`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/host-ipc",
    title: "pod shares the memory and semaphores of the node",
    severity: Severity::High,
    profile: Profile::Baseline,
    pss: &[Pss { check: "hostNamespaces", level: Level::Baseline, since: 0, overridden: None }],
    tags: &["cis:5.2.4", "nsa"],
    fix: FixKind::Safe,
    page: include_str!("host_ipc.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let field = pod.spec.host_ipc();
    if field.get() == Some(true) {
        cx.find(field, "pod shares the memory and semaphores of the node")
            .label("reads the shared memory of the node's processes")
            .fix_remove("remove `hostIPC: true`", Safety::Safe, field);
    }
}
