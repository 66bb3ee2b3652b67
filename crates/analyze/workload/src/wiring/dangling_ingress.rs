//! `wiring/dangling-ingress`

use super::beside;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_reach::{PortRef, has_port, ingress_backends};
use ironclad_views::{Service, View};

pub(super) static META: Meta = Meta {
    id: "wiring/dangling-ingress",
    title: "Ingress sends to a Service or port that does not exist",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[Kind::INGRESS, Kind::SERVICE],
    page: include_str!("dangling_ingress.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(ingress: &Object, cx: &mut Cx<'_>) {
    let mut missing = Vec::new();
    for backend in ingress_backends(ingress) {
        let Some((name, at)) = backend.service else {
            let finder = cx.find(backend.node, "backend names neither a Service nor a resource");
            if backend.node.get_str("serviceName").is_some() {
                finder.label("`networking.k8s.io/v1` does not read `serviceName`: write `service: {name: …}`");
            }
            continue;
        };
        // The AWS controller takes such a backend from an annotation of the Ingress.
        if matches!(backend.port, Some((PortRef::Name("use-annotation"), _))) {
            continue;
        }
        let Some(service) = beside(ingress, Kind::SERVICE, name, cx) else {
            missing.push((name, at));
            continue;
        };
        let external = Service::at(service.root().into()).spec().kind().get() == Some("ExternalName");
        if let Some((port, at)) = backend.port.filter(|(port, _)| !external && !has_port(service, *port)) {
            let port = match port {
                PortRef::Number(number) => number.to_string(),
                PortRef::Name(name) => format!("\"{name}\""),
            };
            cx.find(at, format!("Service \"{name}\" has no port {port}"))
                .label("requests for this path fail")
                .related_in(service, service.root(), "the Service");
        }
    }
    if !missing.is_empty() {
        cx.context(&[Kind::SERVICE]);
    }
    for (name, at) in missing {
        cx.find(at, format!("Service \"{name}\" does not exist in the namespace")).label("requests for this path fail");
    }
}
