//! `workload/capabilities-drop-none`

use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/capabilities-drop-none",
    title: "container drops no capability",
    severity: Severity::Low,
    profile: Profile::OptIn,
    tags: &["cis:5.2.10"],
    fix: FixKind::Safe,
    page: include_str!("capabilities_drop_none.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if cx.skips_windows(pod) {
        return;
    }
    for container in &pod.containers {
        let drop = container.security_context().capabilities().drop();
        if drop.is_empty() {
            cx.find(drop.spot(), format!("container \"{}\" drops no capability", container.label()))
                .of(container)
                .fix_set("set `drop: [ALL]`", Safety::Safe, drop.spot(), "[\"ALL\"]");
        }
    }
}
