//! Views of what lets traffic in and keeps it out: Services, Ingresses, NetworkPolicies.

use crate::{ServiceSpec, view};

view! {
    /// A Service.
    Service = "io.k8s.api.core.v1.Service" {
        spec: ServiceSpec = SPEC,
    }

    /// A port of a Service.
    PortOfService = "io.k8s.api.core.v1.ServicePort" {
        name: text = NAME,
        port: int = PORT,
        target_port: port = TARGET_PORT,
        protocol: text = PROTOCOL,
    }

    /// An Ingress.
    Ingress = "io.k8s.api.networking.v1.Ingress" {
        spec: IngressSpec = SPEC,
    }

    /// An Ingress' specification.
    IngressSpec = "io.k8s.api.networking.v1.IngressSpec" {
        tls: [IngressTls] = TLS,
        rules: [IngressRule] = RULES,
    }

    /// A certificate and the hosts it is for.
    IngressTls = "io.k8s.api.networking.v1.IngressTLS" {
        hosts: texts = HOSTS,
        secret_name: text = SECRET_NAME,
    }

    /// The paths of a host.
    IngressRule = "io.k8s.api.networking.v1.IngressRule" {
        host: text = HOST,
    }

    /// A NetworkPolicy.
    NetworkPolicy = "io.k8s.api.networking.v1.NetworkPolicy" {
        spec: NetworkPolicySpec = SPEC,
    }

    /// A NetworkPolicy's specification.
    NetworkPolicySpec = "io.k8s.api.networking.v1.NetworkPolicySpec" {
        pod_selector: any = POD_SELECTOR,
        policy_types: texts = POLICY_TYPES,
        ingress: [NetworkPolicyIngressRule] = INGRESS,
        egress: [NetworkPolicyEgressRule] = EGRESS,
    }

    /// Who may come in.
    NetworkPolicyIngressRule = "io.k8s.api.networking.v1.NetworkPolicyIngressRule" {
        peers: [NetworkPolicyPeer] = FROM,
        ports: any = PORTS,
    }

    /// Where pods may go.
    NetworkPolicyEgressRule = "io.k8s.api.networking.v1.NetworkPolicyEgressRule" {
        peers: [NetworkPolicyPeer] = TO,
        ports: any = PORTS,
    }

    /// The other end of an allowed connection.
    NetworkPolicyPeer = "io.k8s.api.networking.v1.NetworkPolicyPeer" {
        pod_selector: any = POD_SELECTOR,
        namespace_selector: any = NAMESPACE_SELECTOR,
        ip_block: any = IP_BLOCK,
    }
}
