//! The list: one line a check.

ironclad_check::checks![
    exposed_sensitive_service: kind(SERVICE),
    ingress_host_wildcard: kind(INGRESS),
    ingress_nginx_injection: kind(INGRESS),
    ingress_nginx_snippet: kind(INGRESS),
    ingress_no_tls: kind(INGRESS),
    namespace_no_default_deny: kind(NAMESPACE),
    pod_unprotected: pod,
    policy_allow_all: kind(NETWORK_POLICY),
    policy_no_selector: kind(NETWORK_POLICY),
    service_external_ips: kind(SERVICE),
    service_load_balancer: kind(SERVICE),
    service_node_port: kind(SERVICE),
];
