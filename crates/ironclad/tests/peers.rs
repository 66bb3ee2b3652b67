//! The data of peers against the catalogue: every id exists, every parameter is one, every profile selects.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use ironclad_check::peers::peers;
use ironclad_check::{Params, ProfileName, Selection};

/// Domains whose checks come with engines that this build may not have yet.
const ENGINES: [&str; 2] = ["rbac/", "policy/"];
/// Ids of the catalogue of images that need a registry.
const REGISTRY: [&str; 2] = ["image/signature-invalid", "image/unsigned"];

/// Checks of the catalogue that are still to come.
const NOT_BUILT: &[&str] = &[
    "hygiene/instance-label",
    "hygiene/label-value",
    "hygiene/missing-name",
    "hygiene/psp-removed",
    "hygiene/recommended-labels",
    "hygiene/required-annotation",
    "hygiene/required-label",
    "hygiene/sorted-keys",
    "manifest/deprecated-api",
    "manifest/removed-api",
    "manifest/schema",
    "namespace/default",
    "namespace/kube-system",
    "namespace/psa-missing",
    "namespace/psa-not-baseline",
    "namespace/psa-not-restricted",
    "network/exposed-sensitive-service",
    "network/ingress-host-wildcard",
    "network/ingress-nginx-injection",
    "network/ingress-nginx-snippet",
    "network/ingress-no-tls",
    "network/namespace-no-default-deny",
    "network/pod-unprotected",
    "network/policy-allow-all",
    "network/policy-no-selector",
    "network/service-external-ips",
    "network/service-load-balancer",
    "network/service-node-port",
    "reliability/anti-affinity",
    "reliability/cronjob-concurrency",
    "reliability/cronjob-deadline",
    "reliability/cronjob-present",
    "reliability/cronjob-restart-policy",
    "reliability/cronjob-schedule",
    "reliability/dns-ndots",
    "reliability/hpa-and-replicas",
    "reliability/hpa-max-replicas",
    "reliability/hpa-min-replicas",
    "reliability/hpa-target",
    "reliability/job-ttl",
    "reliability/limit-range",
    "reliability/liveness-probe",
    "reliability/naked-pod",
    "reliability/node-affinity",
    "reliability/pdb-above-hpa-min",
    "reliability/pdb-blocks-drain",
    "reliability/pdb-missing",
    "reliability/pdb-no-policy",
    "reliability/pdb-unhealthy-policy",
    "reliability/priority-class",
    "reliability/probe-port",
    "reliability/probe-timing",
    "reliability/probes-identical",
    "reliability/readiness-probe",
    "reliability/replicas",
    "reliability/resource-quota",
    "reliability/restart-policy",
    "reliability/statefulset-service",
    "reliability/termination",
    "reliability/topology-spread",
    "reliability/topology-spread-invalid",
    "reliability/update-strategy",
    "secrets/args-literal",
    "secrets/config-map",
    "secrets/config-map-personal",
    "secrets/dangling-ref",
    "secrets/env-from-secret",
    "secrets/env-literal",
    "wiring/dangling-gateway-route",
    "wiring/dangling-ingress",
    "wiring/dangling-network-policy",
    "wiring/dangling-network-policy-peer",
    "wiring/dangling-service",
    "wiring/dangling-service-monitor",
    "wiring/duplicate-env",
    "wiring/port-name",
    "wiring/selector-mismatch",
    "wiring/service-target-port",
    "workload/admin-service-account",
    "workload/missing-service-account",
    "workload/sandbox-egress",
    "workload/scc-privileged",
];

#[test]
fn ids_and_parameters_exist() {
    let catalogue = ironclad::catalogue();
    let mut faults = Vec::new();
    for peer in peers() {
        for row in &peer.rows {
            for id in &row.ours {
                let later = ENGINES.iter().any(|domain| id.starts_with(domain)) || REGISTRY.contains(id);
                if catalogue.get(id).is_none() && !later && !NOT_BUILT.contains(id) {
                    faults.push(format!("{}: `{}` names `{id}`, which is no check", peer.name, row.id));
                }
            }
            for param in &row.params {
                let Some(check) = catalogue.get(param.check) else { continue };
                if let Err(error) = Params::defaults(check.meta.params).set_text(param.name, param.value) {
                    faults.push(format!("{}: `{}`, {}: {error}", peer.name, row.id, param.check));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn compat_profiles_run_the_peers_default_set_and_nothing_else() {
    let catalogue = ironclad::catalogue();
    for (name, peer, set) in ironclad_check::peers::profiles() {
        let profile = ProfileName::parse(name).unwrap();
        assert_eq!(profile.as_str(), name);
        let selection = Selection { profile, ..Selection::default() };
        let chosen: Vec<&str> = selection.resolve(&catalogue).unwrap().iter().map(|e| e.check.meta.id).collect();
        let mut wanted: Vec<&str> = peer
            .rows
            .iter()
            .filter(|row| row.sets.contains(&set))
            .flat_map(|row| row.ours.iter().copied())
            .filter(|id| catalogue.get(id).is_some())
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        assert_eq!(chosen, wanted, "{name}");
        assert!(chosen.len() >= 5, "{name} selects {} checks", chosen.len());
    }
}

#[test]
fn thresholds_of_peers_are_set() {
    let catalogue = ironclad::catalogue();
    let selection = Selection { profile: ProfileName::parse("compat:trivy").unwrap(), ..Selection::default() };
    let enabled = selection.resolve(&catalogue).unwrap();
    let uid = enabled.iter().find(|e| e.check.meta.id == "workload/uid-low").unwrap();
    assert_eq!(uid.params.get("min"), Some(&ironclad_check::ParamValue::Int(10_001)));
}
