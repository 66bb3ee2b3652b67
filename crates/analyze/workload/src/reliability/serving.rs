//! Which containers answer a Service, for the checks that want them probed.

use crate::joins;
use ironclad_check::Cx;
use ironclad_model::Kind;
use ironclad_pod::is_long_running;
use ironclad_views::{Container, Pod, PodContainer, Probe, Role};

/// The containers that should have this probe and have not, with the Service that sends to them.
///
/// A container counts as serving when it declares ports and a Service selects its pod. Where no container of the pod
/// declares any (it need not: ports are documentation), one probe on any of them is enough. With `strict`, every main
/// container and sidecar is asked. By the context rule, containers with ports are asked where no Service was seen.
pub(super) fn unprobed<'p, 'a>(
    pod: &'p Pod<'a>,
    cx: &mut Cx<'_>,
    probe: fn(Container<'a>) -> Probe<'a>,
) -> Vec<(&'p PodContainer<'a>, Option<String>)> {
    if !is_long_running(pod) {
        return Vec::new();
    }
    let asked: Vec<&PodContainer<'a>> =
        pod.containers.iter().filter(|container| matches!(container.role, Role::Main | Role::Sidecar)).collect();
    let lacking: Vec<&PodContainer<'a>> =
        asked.iter().copied().filter(|container| !probe(container.view).exists()).collect();
    if lacking.is_empty() {
        return Vec::new();
    }
    let service = joins::services_of(pod, cx).first().map(|service| service.name().to_owned());
    let declares = asked.iter().any(|container| !container.ports().is_empty());
    let serving: Vec<&PodContainer<'a>> = if cx.strict() {
        lacking
    } else if declares {
        lacking.into_iter().filter(|container| !container.ports().is_empty()).collect()
    } else if lacking.len() == asked.len() && service.is_some() {
        lacking.into_iter().take(1).collect()
    } else {
        Vec::new()
    };
    if serving.is_empty() || (service.is_none() && !cx.strict() && cx.context(&[Kind::SERVICE])) {
        return Vec::new();
    }
    serving.into_iter().map(|container| (container, service.clone())).collect()
}
