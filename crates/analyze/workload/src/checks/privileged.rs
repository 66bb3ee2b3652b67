//! `workload/privileged`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/privileged",
    title: "container runs privileged",
    severity: Severity::High,
    profile: Profile::Baseline,
    pss: &[Pss { check: "privileged", level: Level::Baseline, since: 0, overridden: None }],
    tags: &["cis:5.2.2", "nsa", "mitre:T1611"],
    fix: FixKind::Safe,
    page: include_str!("privileged.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        let privileged = container.security_context().privileged();
        if privileged.get() == Some(true) {
            cx.find(privileged, format!("container \"{}\" runs privileged", container.label()))
                .of(container)
                .label("grants every device and capability of the host")
                .fix_remove("remove `privileged: true`", Safety::Safe, privileged);
        }
    }
}
