//! `workload/windows-host-process`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/windows-host-process",
    title: "container is a process of a Windows node",
    severity: Severity::Critical,
    profile: Profile::Baseline,
    pss: &[Pss { check: "windowsHostProcess", level: Level::Baseline, since: 0, overridden: None }],
    tags: &["cis:5.2.11", "nsa"],
    fix: FixKind::Safe,
    page: include_str!("windows_host_process.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let outer = pod.spec.security_context().windows_options().host_process();
    if outer.get() == Some(true) {
        cx.find(outer, "pod runs as processes of the Windows node")
            .label("with every privilege of the node")
            .fix_remove("remove `hostProcess: true`", Safety::Safe, outer);
    }
    for container in &pod.containers {
        let own = container.security_context().windows_options().host_process();
        if own.get() == Some(true) {
            cx.find(own, format!("container \"{}\" runs as a process of the Windows node", container.label()))
                .of(container)
                .label("with every privilege of the node")
                .fix_remove("remove `hostProcess: true`", Safety::Safe, own);
        }
    }
}
