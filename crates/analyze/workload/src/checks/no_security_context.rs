//! `workload/no-security-context`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/no-security-context",
    title: "container without any security setting",
    severity: Severity::Low,
    profile: Profile::OptIn,
    page: include_str!("no_security_context.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !pod.spec.security_context().is_empty() {
        return;
    }
    for container in pod.containers.iter().filter(|container| container.security_context().is_empty()) {
        cx.find(
            container.security_context().spot(),
            format!("neither the pod nor container \"{}\" has a security context", container.label()),
        )
        .of(container);
    }
}
