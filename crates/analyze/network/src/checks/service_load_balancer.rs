//! `network/service-load-balancer`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_reach::is_internal;
use ironclad_views::{Service, View};

pub(super) static META: Meta = Meta {
    id: "network/service-load-balancer",
    title: "load balancer open to the world",
    severity: Severity::Medium,
    reads: &[Kind::SERVICE],
    page: include_str!("service_load_balancer.md"),
    ..Meta::DEFAULT
};

/// Takes the place of the field where that is empty.
const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let spec = Service::at(object.root().into()).spec();
    let kind = spec.kind();
    if kind.get() != Some("LoadBalancer") || is_internal(object) {
        return;
    }
    let field = spec.load_balancer_source_ranges();
    let annotation = object.annotation(RANGES).unwrap_or_default();
    let written: Vec<&str> = if field.is_empty() {
        annotation.split(',').map(str::trim).filter(|range| !range.is_empty()).collect()
    } else {
        field.iter().map(|(_, range)| range.trim()).collect()
    };
    let is_world = |range: &&str| matches!(*range, "0.0.0.0/0" | "::/0");
    if written.is_empty() {
        cx.find(kind, "load balancer takes connections from everywhere").label("no `loadBalancerSourceRanges`");
    } else if written.iter().any(is_world) {
        cx.find(field.spot(), "load balancer takes connections from everywhere")
            .label("one of its source ranges is the whole internet");
    }
}
