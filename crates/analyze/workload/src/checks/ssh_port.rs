//! `workload/ssh-port`

use crate::joins;
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Severity};
use ironclad_model::{Object, ObjectId};
use ironclad_pod::ServicePort;
use ironclad_pod::{selects, service_ports};
use ironclad_views::{IntOrText, Pod};

pub(super) static META: Meta = Meta {
    id: "workload/ssh-port",
    title: "container listens for SSH",
    severity: Severity::Medium,
    reads: &[Kind::ANY_POD, Kind::SERVICE],
    page: include_str!("ssh_port.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let tcp = |protocol: Option<&str>| protocol.is_none_or(|protocol| protocol == "TCP");
    for container in &pod.containers {
        for port in container.ports().iter() {
            if port.container_port().get() == Some(22) && tcp(port.protocol().get()) {
                cx.find(port.container_port(), format!("container \"{}\" listens on port 22", container.label()))
                    .of(container)
                    .label("a way in beside the API server, its rights and its logs");
            }
        }
    }
    // Services that send to an SSH port are few: each pod is held against those only.
    let ids: &Vec<ObjectId> = cx.once(|cx| {
        let sends = |service: &&Object| service_ports(service).any(|port| is_ssh(&port));
        cx.objects(Kind::SERVICE).into_iter().filter(sends).map(Object::id).collect()
    });
    let services: Vec<&Object> = ids.iter().filter_map(|id| cx.object_of(*id)).collect();
    let ports = || pod.containers.iter().flat_map(|container| container.ports().iter());
    let declared = ports().any(|port| port.container_port().get() == Some(22));
    for service in services.into_iter().filter(|service| selects(service, pod)) {
        // The container's own port 22 is reported above.
        let reaches = |port: &ServicePort<'_>| is_ssh(port) && !(declared && matches!(port.target, IntOrText::Int(22)));
        service_ports(service).filter(reaches).for_each(|port| report(service, &port, pod, cx));
    }
    let names: Vec<&str> =
        ports().filter(|port| port.container_port().get() == Some(2222)).filter_map(|port| port.name().get()).collect();
    if names.is_empty() {
        return;
    }
    for service in joins::services_of(pod, cx) {
        let reaches = |port: &ServicePort<'_>| {
            matches!(port.target, IntOrText::Text(name) if names.contains(&name)) && port.protocol == "TCP"
        };
        service_ports(service).filter(reaches).for_each(|port| report(service, &port, pod, cx));
    }
}

fn report(service: &Object, port: &ServicePort<'_>, pod: &Pod<'_>, cx: &mut Cx<'_>) {
    cx.find_in(service, port.spot, format!("Service reaches SSH in {}", pod.object.identity())).related_in(
        pod.object,
        pod.spec.spot(),
        "the pods it selects",
    );
}

fn is_ssh(port: &ServicePort<'_>) -> bool {
    port.protocol == "TCP" && matches!(port.target, IntOrText::Int(22 | 2222))
}
