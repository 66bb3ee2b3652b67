//! `workload/sysctls`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/sysctls",
    title: "pod sets an unsafe kernel parameter",
    severity: Severity::Medium,
    profile: Profile::Baseline,
    pss: &[Pss { check: "sysctls", level: Level::Baseline, since: 0, overridden: None }],
    fix: FixKind::Safe,
    page: include_str!("sysctls.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let (version, exact) = (cx.version(), cx.pss().is_some());
    for sysctl in pod.spec.security_context().sysctls().iter() {
        let field = sysctl.name();
        let Some(name) = field.get() else { continue };
        if !is_safe(name, version, exact) {
            cx.find(field, format!("pod sets the kernel parameter `{name}`, which is not on the safe list"))
                .label("may change the node for every pod on it")
                .fix_remove("remove it", Safety::Safe, sysctl.spot());
        }
    }
}

/// The safe list with the minor version that added each.
const SAFE: &[(&str, u8)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_notsent_lowat", 37),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
];

fn is_safe(name: &str, version: u8, exact: bool) -> bool {
    // Both separators name the same parameter, though Pod Security admission knows one of them alone.
    let dotted = if exact { name.to_owned() } else { name.replace('/', ".") };
    SAFE.iter().any(|(safe, since)| *safe == dotted && version >= *since)
}
