//! `workload/host-pid`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/host-pid",
    title: "pod shares the processes of the node",
    severity: Severity::High,
    profile: Profile::Baseline,
    pss: &[Pss { check: "hostNamespaces", level: Level::Baseline, since: 0, overridden: None }],
    tags: &["cis:5.2.3", "nsa"],
    fix: FixKind::Safe,
    page: include_str!("host_pid.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let field = pod.spec.host_pid();
    if field.get() == Some(true) {
        cx.find(field, "pod shares the processes of the node")
            .label("sees every process of the node, and its environment")
            .fix_remove("remove `hostPID: true`", Safety::Safe, field);
    }
}
