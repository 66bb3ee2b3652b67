//! `workload/os-field-conflict`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Severity, Spot};
use ironclad_tree::{Symbol, f};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/os-field-conflict",
    title: "field of another operating system",
    severity: Severity::Medium,
    page: include_str!("os_field_conflict.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    match pod.spec.os().name().get() {
        Some("windows") => {
            for (field, name) in linux_of_pod(pod) {
                if is_set(field) {
                    cx.find(field, format!("pod is for Windows and sets `{name}`")).label("the API server refuses it");
                }
            }
            for container in &pod.containers {
                let context = container.security_context().spot();
                for (symbol, name) in LINUX_CONTAINER {
                    let field = context.field(*symbol);
                    if is_set(field) {
                        let message =
                            format!("pod is for Windows and container \"{}\" sets `{name}`", container.label());
                        cx.find(field, message).of(container).label("the API server refuses it");
                    }
                }
            }
        }
        Some("linux") => {
            let outer = pod.spec.security_context().windows_options().spot();
            if is_set(outer) {
                cx.find(outer, "pod is for Linux and sets `windowsOptions`").label("the API server refuses it");
            }
            for container in &pod.containers {
                let own = container.security_context().windows_options().spot();
                if is_set(own) {
                    let message =
                        format!("pod is for Linux and container \"{}\" sets `windowsOptions`", container.label());
                    cx.find(own, message).of(container).label("the API server refuses it");
                }
            }
        }
        _ => {}
    }
}

const LINUX_CONTAINER: &[(Symbol, &str)] = &[
    (f::ALLOW_PRIVILEGE_ESCALATION, "allowPrivilegeEscalation"),
    (f::APP_ARMOR_PROFILE, "appArmorProfile"),
    (f::CAPABILITIES, "capabilities"),
    (f::PRIVILEGED, "privileged"),
    (f::PROC_MOUNT, "procMount"),
    (f::READ_ONLY_ROOT_FILESYSTEM, "readOnlyRootFilesystem"),
    (f::RUN_AS_GROUP, "runAsGroup"),
    (f::RUN_AS_USER, "runAsUser"),
    (f::SE_LINUX_OPTIONS, "seLinuxOptions"),
    (f::SECCOMP_PROFILE, "seccompProfile"),
];

fn linux_of_pod<'a>(pod: &Pod<'a>) -> Vec<(Spot<'a>, &'static str)> {
    let context = pod.spec.security_context().spot();
    let of_context = [
        (f::APP_ARMOR_PROFILE, "appArmorProfile"),
        (f::FS_GROUP, "fsGroup"),
        (f::RUN_AS_GROUP, "runAsGroup"),
        (f::RUN_AS_USER, "runAsUser"),
        (f::SE_LINUX_OPTIONS, "seLinuxOptions"),
        (f::SECCOMP_PROFILE, "seccompProfile"),
        (f::SUPPLEMENTAL_GROUPS, "supplementalGroups"),
        (f::SYSCTLS, "sysctls"),
    ];
    let spec = pod.spec.spot();
    // These may be there, as long as they are off.
    let of_spec = [
        (f::HOST_IPC, "hostIPC"),
        (f::HOST_NETWORK, "hostNetwork"),
        (f::HOST_PID, "hostPID"),
        (f::SHARE_PROCESS_NAMESPACE, "shareProcessNamespace"),
    ];
    let on = |field: Spot<'_>| field.node().is_some_and(|node| node.as_bool() == Some(true));
    let mut found: Vec<_> = of_spec.iter().map(|(s, n)| (spec.field(*s), *n)).filter(|(spot, _)| on(*spot)).collect();
    found.extend(of_context.iter().map(|(symbol, name)| (context.field(*symbol), *name)));
    found
}

fn is_set(field: Spot<'_>) -> bool {
    field.node().is_some_and(|node| !node.is_null())
}
