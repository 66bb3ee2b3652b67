//! `workload/capabilities-dangerous`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Safety, Severity};
use ironclad_pod::canonical_capability;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/capabilities-dangerous",
    title: "container adds a dangerous capability",
    severity: Severity::High,
    tags: &["cis:5.2.8", "nsa", "mitre:T1611"],
    fix: FixKind::Safe,
    page: include_str!("capabilities_dangerous.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        for (node, written) in container.security_context().capabilities().add().iter() {
            let name = canonical_capability(written);
            if DANGEROUS.contains(&name.as_str()) {
                cx.find(node, format!("container \"{}\" adds the capability `{written}`", container.label()))
                    .of(container)
                    .label(consequence(&name))
                    .fix_remove(format!("remove `{written}`"), Safety::Safe, node);
            }
        }
    }
}

const DANGEROUS: &[&str] = &[
    "ALL",
    "BPF",
    "CHECKPOINT_RESTORE",
    "DAC_READ_SEARCH",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "NET_ADMIN",
    "NET_RAW",
    "PERFMON",
    "SETPCAP",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_TIME",
];

fn consequence(capability: &str) -> &'static str {
    match capability {
        "ALL" => "every power of root",
        "SYS_ADMIN" => "mounts, namespaces, devices: nearly all of root",
        "SYS_MODULE" => "loads code into the kernel",
        "SYS_PTRACE" => "reads and changes other processes",
        "SYS_RAWIO" => "reads and writes memory and disks directly",
        "SYS_BOOT" => "restarts the node",
        "SYS_TIME" => "sets the clock of the node",
        "NET_ADMIN" => "changes routes and firewalls",
        "NET_RAW" => "forges packets and listens to the network",
        "BPF" | "PERFMON" => "runs programs in the kernel and reads its memory",
        "DAC_READ_SEARCH" => "reads every file of the node that it can name",
        "MAC_ADMIN" | "MAC_OVERRIDE" => "changes or ignores SELinux and AppArmor rules",
        "SETPCAP" => "gives itself more capabilities",
        "SYSLOG" => "reads kernel addresses and messages",
        _ => "takes over processes by restoring their state",
    }
}
