//! `workload/capabilities-drop-all`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/capabilities-drop-all",
    title: "container keeps the default capabilities",
    severity: Severity::Medium,
    profile: Profile::Restricted,
    pss: &[Pss { check: "capabilities_restricted", level: Level::Restricted, since: 22, overridden: None }],
    tags: &["cis:5.2.10", "nsa"],
    fix: FixKind::Safe,
    page: include_str!("capabilities_drop_all.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if cx.skips_windows(pod) {
        return;
    }
    for container in &pod.containers {
        let drop = container.security_context().capabilities().drop();
        if !drop.contains("ALL") {
            cx.find(drop.spot(), format!("container \"{}\" does not drop `ALL` capabilities", container.label()))
                .of(container)
                .label("it keeps what the runtime grants: chown, setuid, raw sockets, …")
                .fix_set("set `drop: [ALL]`", Safety::Safe, drop.spot(), "[\"ALL\"]");
        }
    }
}
