//! Pods: metadata and specification.

use super::{Affinity, Container, PodSecurityContext, Resources, TopologySpread, Volume};
use crate::view;

view! {
    /// `metadata` of an object or of a pod template.
    ObjectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" {
        name: text = NAME,
        generate_name: text = GENERATE_NAME,
        namespace: text = NAMESPACE,
        labels: map = LABELS,
        annotations: map = ANNOTATIONS,
    }

    /// A pod's specification.
    PodSpec = "io.k8s.api.core.v1.PodSpec" {
        containers: [Container] = CONTAINERS,
        init_containers: [Container] = INIT_CONTAINERS,
        ephemeral_containers: [Container] = EPHEMERAL_CONTAINERS,
        volumes: [Volume] = VOLUMES,
        security_context: PodSecurityContext = SECURITY_CONTEXT,
        service_account: text = SERVICE_ACCOUNT,
        service_account_name: text = SERVICE_ACCOUNT_NAME,
        automount_service_account_token: flag = AUTOMOUNT_SERVICE_ACCOUNT_TOKEN,
        host_network: flag = HOST_NETWORK,
        host_pid: flag = HOST_PID,
        host_ipc: flag = HOST_IPC,
        host_users: flag = HOST_USERS,
        host_aliases: any = HOST_ALIASES,
        share_process_namespace: flag = SHARE_PROCESS_NAMESPACE,
        enable_service_links: flag = ENABLE_SERVICE_LINKS,
        node_selector: map = NODE_SELECTOR,
        os: PodOs = OS,
        restart_policy: text = RESTART_POLICY,
        runtime_class_name: text = RUNTIME_CLASS_NAME,
        resources: Resources = RESOURCES,
        affinity: Affinity = AFFINITY,
        topology_spread_constraints: [TopologySpread] = TOPOLOGY_SPREAD_CONSTRAINTS,
        dns_config: DnsConfig = DNS_CONFIG,
        priority_class_name: text = PRIORITY_CLASS_NAME,
        termination_grace_period_seconds: int = TERMINATION_GRACE_PERIOD_SECONDS,
        image_pull_secrets: [LocalObjectReference] = IMAGE_PULL_SECRETS,
    }

    /// `spec.os`.
    PodOs = "io.k8s.api.core.v1.PodOS" {
        name: text = NAME,
    }

    /// A name in the same namespace.
    LocalObjectReference = "io.k8s.api.core.v1.LocalObjectReference" {
        name: text = NAME,
    }

    /// `dnsConfig` of a pod.
    DnsConfig = "io.k8s.api.core.v1.PodDNSConfig" {
        options: [DnsOption] = OPTIONS,
    }

    /// A line `options` of the resolver's file.
    DnsOption = "io.k8s.api.core.v1.PodDNSConfigOption" {
        name: text = NAME,
        value: text = VALUE,
    }
}
