//! `network/service-node-port`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::{Service, View};

pub(super) static META: Meta = Meta {
    id: "network/service-node-port",
    title: "Service opens a port of every node",
    severity: Severity::Medium,
    reads: &[Kind::SERVICE],
    page: include_str!("service_node_port.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let kind = Service::at(object.root().into()).spec().kind();
    if kind.get() == Some("NodePort") {
        cx.find(kind, "Service opens a port of every node").label("whoever reaches a node reaches its pods");
    }
}
