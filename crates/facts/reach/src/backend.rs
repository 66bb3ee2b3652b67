//! Which Services an Ingress or a route of the Gateway API sends to.

use ironclad_model::{Kind, Object, group_of};
use ironclad_tree::{Kind as NodeKind, NodeRef, f};

/// A port of a Service, by number or by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PortRef<'a> {
    /// `port`.
    Number(i64),
    /// `name`.
    Name(&'a str),
}

/// A reference to a Service.
#[derive(Clone, Copy)]
pub struct Backend<'a> {
    /// The reference.
    pub node: NodeRef<'a>,
    /// Name of the Service and the node that says it; none where the reference names nothing at all.
    pub service: Option<(&'a str, NodeRef<'a>)>,
    /// Its namespace, where the reference names one.
    pub namespace: Option<&'a str>,
    /// The port and the node that says it.
    pub port: Option<(PortRef<'a>, NodeRef<'a>)>,
}

fn value<'a>(node: NodeRef<'a>, name: &str) -> Option<NodeRef<'a>> {
    node.get_str(name).map(|entry| entry.value()).filter(|node| !node.is_null())
}

fn text<'a>(node: NodeRef<'a>, name: &str) -> Option<(&'a str, NodeRef<'a>)> {
    let found = value(node, name)?;
    found.as_str().filter(|text| !text.is_empty()).map(|text| (text, found))
}

fn number<'a>(node: NodeRef<'a>, name: &str) -> Option<(PortRef<'a>, NodeRef<'a>)> {
    let found = value(node, name)?;
    found.as_i64().map(|number| (PortRef::Number(number), found))
}

fn items<'a>(node: NodeRef<'a>, name: &str) -> impl Iterator<Item = NodeRef<'a>> + use<'a> {
    node.get_str(name).into_iter().flat_map(|entry| entry.value().items())
}

/// The Services that an Ingress sends to, in source order. A backend that is a resource sends to none of them; the
/// versions before `networking.k8s.io/v1` spell a backend `serviceName` and `servicePort`, and `v1` does not read these.
pub fn ingress_backends(ingress: &Object) -> Vec<Backend<'_>> {
    let Some(spec) = ingress.root().get(f::SPEC).map(|entry| entry.value()) else { return Vec::new() };
    let current = !matches!(ingress.api_version(), "extensions/v1beta1" | "networking.k8s.io/v1beta1");
    let default = value(spec, if current { "defaultBackend" } else { "backend" });
    let paths = items(spec, "rules").filter_map(|rule| value(rule, "http")).flat_map(|http| items(http, "paths"));
    let backends = default.into_iter().chain(paths.filter_map(|path| value(path, "backend")));
    backends.filter(|node| node.kind() == NodeKind::Mapping).filter_map(|node| backend(node, current)).collect()
}

fn backend(node: NodeRef<'_>, current: bool) -> Option<Backend<'_>> {
    if value(node, "resource").is_some() {
        return None;
    }
    if !current {
        let port = value(node, "servicePort").and_then(|port| {
            let by_number = port.as_i64().map(PortRef::Number);
            Some((by_number.or_else(|| port.as_str().map(PortRef::Name))?, port))
        });
        return Some(Backend { node, service: text(node, "serviceName"), namespace: None, port });
    }
    let service = value(node, "service");
    let port = service.and_then(|service| value(service, "port")).and_then(|port| {
        number(port, "number").or_else(|| text(port, "name").map(|(name, node)| (PortRef::Name(name), node)))
    });
    Some(Backend { node, service: service.and_then(|service| text(service, "name")), namespace: None, port })
}

/// The Services that a route sends to or mirrors to, in source order. References to other kinds are left out.
pub fn route_backends(route: &Object) -> Vec<Backend<'_>> {
    let Some(spec) = route.root().get(f::SPEC).map(|entry| entry.value()) else { return Vec::new() };
    let mut found = Vec::new();
    for rule in items(spec, "rules") {
        for reference in items(rule, "backendRefs") {
            found.push(reference);
            found.extend(mirrors(reference));
        }
        found.extend(mirrors(rule));
    }
    let is_service = |node: &NodeRef<'_>| {
        let or = |name, default| text(*node, name).map_or(default, |(text, _)| text);
        node.kind() == NodeKind::Mapping && or("group", "").is_empty() && or("kind", "Service") == "Service"
    };
    let read = |node| Backend {
        node,
        service: text(node, "name"),
        namespace: text(node, "namespace").map(|(namespace, _)| namespace),
        port: number(node, "port"),
    };
    found.into_iter().filter(is_service).map(read).collect()
}

fn mirrors(node: NodeRef<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    items(node, "filters").filter_map(|filter| value(value(filter, "requestMirror")?, "backendRef"))
}

/// Kinds whose backends [`route_backends`] reads.
pub(crate) const ROUTES: &[Kind] =
    &[Kind::HTTP_ROUTE, Kind::GRPC_ROUTE, Kind::TCP_ROUTE, Kind::TLS_ROUTE, Kind::UDP_ROUTE];

/// Does the Service have this port?
pub fn has_port(service: &Object, port: PortRef<'_>) -> bool {
    let Some(spec) = service.root().get(f::SPEC).map(|entry| entry.value()) else { return false };
    items(spec, "ports").any(|declared| match port {
        PortRef::Number(wanted) => value(declared, "port").and_then(|node| node.as_i64()) == Some(wanted),
        PortRef::Name(wanted) => text(declared, "name").is_some_and(|(name, _)| name == wanted),
    })
}

/// Does a grant let this route refer to this Service (`gateway.networking.k8s.io` `ReferenceGrant`, which lies in the
/// namespace of the Service)?
pub fn grants(grant: &Object, route: &Object, service: &str) -> bool {
    let Some(spec) = grant.root().get(f::SPEC).map(|entry| entry.value()) else { return false };
    let is = |node, name, wanted: &str| text(node, name).map_or("", |(text, _)| text) == wanted;
    let from = items(spec, "from").any(|from| {
        is(from, "group", group_of(route.api_version()))
            && is(from, "kind", route.kind_name())
            && is(from, "namespace", route.namespace().unwrap_or_default())
    });
    let to = items(spec, "to").any(|to| {
        is(to, "group", "") && is(to, "kind", "Service") && text(to, "name").is_none_or(|(name, _)| name == service)
    });
    from && to
}
