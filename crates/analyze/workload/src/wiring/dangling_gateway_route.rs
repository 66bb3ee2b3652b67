//! `wiring/dangling-gateway-route`

use super::beside;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, ObjectId, Severity};
use ironclad_reach::{Backend, PortRef, grants, has_port, route_backends};
use rustc_hash::FxHashMap;

pub(super) static META: Meta = Meta {
    id: "wiring/dangling-gateway-route",
    title: "route sends to a Service or port that does not exist, or that it may not use",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[
        Kind::HTTP_ROUTE,
        Kind::GRPC_ROUTE,
        Kind::TCP_ROUTE,
        Kind::TLS_ROUTE,
        Kind::UDP_ROUTE,
        Kind::SERVICE,
        Kind::REFERENCE_GRANT,
    ],
    page: include_str!("dangling_gateway_route.md"),
    ..Meta::DEFAULT
};

/// Grants by the namespace that they open.
type Grants = FxHashMap<String, Vec<ObjectId>>;

pub(super) fn check(route: &Object, cx: &mut Cx<'_>) {
    if !matches!(
        route.kind(),
        Kind::HTTP_ROUTE | Kind::GRPC_ROUTE | Kind::TCP_ROUTE | Kind::TLS_ROUTE | Kind::UDP_ROUTE
    ) {
        return;
    }
    let (mut missing, mut forbidden) = (Vec::new(), Vec::new());
    for backend in route_backends(route) {
        let Some((name, at)) = backend.service else { continue };
        let Some(service) = find(route, &backend, name, cx) else {
            // Where the route names no namespace and the reference does, they may be one.
            let unknown = route.namespace().is_none() && backend.namespace.is_some();
            if !(unknown && beside(route, Kind::SERVICE, name, cx).is_some()) {
                missing.push((name, backend.namespace, at));
            }
            continue;
        };
        if let Some((PortRef::Number(port), at)) = backend.port.filter(|(port, _)| !has_port(service, *port)) {
            cx.find(at, format!("Service \"{name}\" has no port {port}"))
                .label("requests for this rule fail")
                .related_in(service, service.root(), "the Service");
        }
        let foreign = backend.namespace.filter(|namespace| route.namespace().is_some_and(|own| own != *namespace));
        if let Some(namespace) = foreign
            && !is_granted(route, namespace, name, cx)
        {
            forbidden.push((name, namespace, at));
        }
    }
    if !forbidden.is_empty() && missing.is_empty() {
        cx.context(&[Kind::REFERENCE_GRANT]);
    }
    for (name, namespace, at) in forbidden {
        cx.find(at, format!("no ReferenceGrant of namespace \"{namespace}\" lets the route use Service \"{name}\""))
            .label("requests for this rule fail");
    }
    if !missing.is_empty() {
        cx.context(&[Kind::SERVICE]);
    }
    for (name, namespace, at) in missing {
        let place = namespace.map_or_else(|| "the namespace".to_owned(), |name| format!("namespace \"{name}\""));
        cx.find(at, format!("Service \"{name}\" does not exist in {place}")).label("requests for this rule fail");
    }
}

fn find<'a>(route: &Object, backend: &Backend<'_>, name: &str, cx: &Cx<'a>) -> Option<&'a Object> {
    match backend.namespace {
        Some(namespace) => cx.named(Kind::SERVICE, Some(namespace), name),
        None => beside(route, Kind::SERVICE, name, cx),
    }
}

fn is_granted(route: &Object, namespace: &str, service: &str, cx: &Cx<'_>) -> bool {
    let by_namespace: &Grants = cx.once(|cx| {
        let mut found = Grants::default();
        for grant in cx.objects(Kind::REFERENCE_GRANT) {
            found.entry(grant.namespace().unwrap_or_default().to_owned()).or_default().push(grant.id());
        }
        found
    });
    let here = by_namespace.get(namespace).into_iter().flatten().filter_map(|id| cx.object_of(*id));
    here.into_iter().any(|grant| grants(grant, route, service))
}
