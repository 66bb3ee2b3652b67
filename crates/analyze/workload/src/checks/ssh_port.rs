//! `workload/ssh-port`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{selects, service_ports};
use ironclad_views::{IntOrText, Pod};

pub(super) static META: Meta = Meta {
    id: "workload/ssh-port",
    title: "container listens for SSH",
    severity: Severity::Medium,
    reads: &[Kind::ANY_POD, Kind::SERVICE],
    peers: &[("kube-linter", "ssh-port"), ("kubescape", "C-0042"), ("kubescape", "rule-can-ssh-to-pod-v1")],
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
    for service in cx.objects(Kind::SERVICE).into_iter().filter(|service| selects(service, pod)) {
        for port in service_ports(service).filter(|port| port.protocol == "TCP") {
            let reaches = match port.target {
                IntOrText::Int(number) => matches!(number, 22 | 2222),
                IntOrText::Text(_) => false,
            };
            let declared = pod.containers.iter().any(|c| c.ports().iter().any(|p| p.container_port().get() == Some(22)));
            if reaches && !declared {
                cx.find_in(service, port.spot, format!("Service reaches SSH in {}", pod.object.identity()))
                    .related_in(pod.object, pod.spec.spot(), "the pods it selects");
            }
        }
    }
}
