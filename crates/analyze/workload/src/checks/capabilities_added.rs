//! `workload/capabilities-added`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/capabilities-added",
    title: "container adds a capability beyond the default set",
    severity: Severity::Medium,
    profile: Profile::Baseline,
    pss: &[Pss { check: "capabilities_baseline", level: Level::Baseline, since: 0, overridden: Some(22) }],
    tags: &["cis:5.2.9", "nsa"],
    fix: FixKind::Safe,
    page: include_str!("capabilities_added.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        for (node, name) in container.security_context().capabilities().add().iter() {
            if !DEFAULT_SET.contains(&name) {
                cx.find(
                    node,
                    format!("container \"{}\" adds `{name}`, which is not in the default set", container.label()),
                )
                .of(container)
                .fix_remove(format!("remove `{name}`"), Safety::Safe, node);
            }
        }
    }
}

/// What runtimes grant by default, without `NET_RAW`.
const DEFAULT_SET: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
