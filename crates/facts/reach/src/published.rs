//! Which Services can be reached from outside of the cluster, and by which way.

use crate::{Namespace, backend, ingress_backends, route_backends};
use ironclad_check::Cx;
use ironclad_model::{Kind, Object, ObjectId};
use ironclad_tree::f;
use ironclad_views::{Service, View};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A way in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// A port of every node.
    NodePort,
    /// A load balancer with an address that everybody reaches, as far as the manifest says.
    LoadBalancer,
    /// An address that the Service claims.
    ExternalIp,
    /// An Ingress or a route of the Gateway API.
    Through(ObjectId),
}

/// Kinds that [`published`] looks at.
pub const PUBLISHING_KINDS: &[Kind] = &[
    Kind::SERVICE,
    Kind::INGRESS,
    Kind::HTTP_ROUTE,
    Kind::GRPC_ROUTE,
    Kind::TCP_ROUTE,
    Kind::TLS_ROUTE,
    Kind::UDP_ROUTE,
];

/// Services that Ingresses and routes send to.
#[derive(Debug, Default)]
pub struct Published {
    through: FxHashMap<(Namespace, Box<str>), Vec<ObjectId>>,
}

/// The published Services of the run; from a check that lists [`PUBLISHING_KINDS`].
pub fn published(cx: &Cx<'_>) -> Arc<Published> {
    cx.shared(|snapshot, _| {
        let mut found = Published::default();
        let ingresses = snapshot.of_kind(Kind::INGRESS).into_iter().map(|object| (object, ingress_backends(object)));
        let routes = backend::ROUTES.iter().flat_map(|kind| snapshot.of_kind(*kind));
        for (object, backends) in ingresses.chain(routes.map(|object| (object, route_backends(object)))) {
            for backend in backends {
                let Some((service, _)) = backend.service else { continue };
                let namespace = backend.namespace.map_or_else(|| Namespace::of(object), Namespace::named);
                let ways = found.through.entry((namespace, service.into())).or_default();
                if ways.last() != Some(&object.id()) {
                    ways.push(object.id());
                }
            }
        }
        found
    })
}

impl Published {
    /// The ways in to a Service.
    pub fn ways(&self, service: &Object) -> Vec<Way> {
        let spec = Service::at(service.root().into()).spec();
        let mut ways = Vec::new();
        match spec.kind().get() {
            Some("NodePort") => ways.push(Way::NodePort),
            Some("LoadBalancer") if !is_internal(service) => ways.push(Way::LoadBalancer),
            _ => {}
        }
        if !spec.external_ips().is_empty() {
            ways.push(Way::ExternalIp);
        }
        let through = self.through.get(&(Namespace::of(service), service.name().into()));
        ways.extend(through.into_iter().flatten().map(|id| Way::Through(*id)));
        ways
    }
}

/// Annotations that keep a load balancer inside, and the values that do (none: any but the empty one). From the
/// providers' own documentation.
const INTERNAL: &[(&str, &[&str])] = &[
    ("service.beta.kubernetes.io/aws-load-balancer-internal", &["true", "0.0.0.0/0"]),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", &["internal"]),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", &["true"]),
    ("networking.gke.io/load-balancer-type", &["Internal"]),
    ("cloud.google.com/load-balancer-type", &["Internal"]),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", &["true"]),
    ("oci-network-load-balancer.oraclecloud.com/internal", &["true"]),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", &["intranet"]),
    ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", &["private"]),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", &["true"]),
    ("service.beta.kubernetes.io/do-loadbalancer-network", &["INTERNAL"]),
    ("load-balancer.hetzner.cloud/disable-public-network", &["true"]),
    ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", &[]),
    ("service.beta.kubernetes.io/scw-loadbalancer-private", &["true"]),
];

/// Classes whose load balancers are inside unless they say otherwise.
const INTERNAL_CLASSES: &[&str] = &["service.k8s.aws/nlb", "eks.amazonaws.com/nlb"];

/// Does the load balancer of this Service stay inside of the provider's network?
pub fn is_internal(service: &Object) -> bool {
    let said = |(key, values): &(&str, &[&str])| {
        let value = service.annotation(key).unwrap_or_default();
        if values.is_empty() { !value.is_empty() } else { values.contains(&value) }
    };
    if INTERNAL.iter().any(said) {
        return true;
    }
    let class =
        service.root().get(f::SPEC).and_then(|spec| spec.value().get_str("loadBalancerClass")?.value().as_str());
    let scheme = service.annotation("service.beta.kubernetes.io/aws-load-balancer-scheme");
    match class {
        Some("tailscale") => service.annotation("tailscale.com/funnel") != Some("true"),
        Some(class) => INTERNAL_CLASSES.contains(&class) && scheme != Some("internet-facing"),
        None => false,
    }
}
