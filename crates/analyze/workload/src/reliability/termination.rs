//! `reliability/termination`

use crate::joins;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_views::{Pod, PodContainer, Role};

pub(super) static META: Meta = Meta {
    id: "reliability/termination",
    title: "pod that drops its connections",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::ANY_POD, Kind::SERVICE],
    page: include_str!("termination.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let grace = pod.spec.termination_grace_period_seconds();
    if grace.get() != Some(0) {
        return;
    }
    let has_hook = |container: &&PodContainer<'_>| container.lifecycle().pre_stop().exists();
    let serving = pod.containers.iter().filter(|c| matches!(c.role, Role::Main | Role::Sidecar));
    let abrupt: Vec<&PodContainer<'_>> = serving.filter(|container| !has_hook(container)).collect();
    if abrupt.is_empty() || (joins::services_of(pod, cx).is_empty() && cx.context(&[Kind::SERVICE])) {
        return;
    }
    for container in abrupt {
        let message = format!("container \"{}\" is killed at once, with requests under way", container.label());
        cx.find(container.lifecycle().pre_stop().spot(), message)
            .of(container)
            .related(grace, "no time to end")
            .label("no `preStop` hook, no grace period");
    }
}
