//! `rbac/wildcard-verbs`

use super::{
    aggregate_label, apiservices_write, bind, bindings_write, clustertrustbundles_write, cm_coredns,
    cm_kubeadm_kubeproxy, crd_write, csr_approve, csr_kubelet, csr_sign, delete_broad, dra_admin, endpoints_write,
    escalate, events_delete, events_write, impersonate_extra, impersonate_groups, impersonate_sa, impersonate_users,
    ingress_write, leases_write, namespaces_label, netpol_write, nodes_log, nodes_proxy, nodes_status, nodes_write,
    podcert_write, pods_attach, pods_binding, pods_create, pods_ephemeral, pods_evict_steal, pods_exec, pods_log,
    pods_portforward, pods_proxy, pods_resize, pods_status, pods_update, policy_engine_write, priority_quota_write,
    pv_create, roles_write, runtimeclass_write, sa_token_request, sa_write, secrets_get, secrets_read_all,
    secrets_update, secrets_write_token, services_write_externalip, storageclass_csi_write, tokenreviews_create,
    vap_write, webhooks_write, workloads_create, workloads_update,
};
use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report_rows};
use ironclad_authz::PolicyRule;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/wildcard-verbs",
    title: "rule allows every verb",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["cis:5.1.3"],
    page: include_str!("wildcard_verbs.md"),
    ..Meta::DEFAULT
};

/// What a verb on a resource may be worth; what operators make of their objects is told beside.
pub(super) static ROWS: &[&Risk] = &[
    &aggregate_label::RISK,
    &apiservices_write::RISK,
    &bind::RISK,
    &bind::OF_ROLES,
    &bindings_write::RISK,
    &clustertrustbundles_write::RISK,
    &cm_coredns::RISK,
    &cm_kubeadm_kubeproxy::RISK,
    &crd_write::RISK,
    &csr_approve::RISK,
    &csr_kubelet::RISK,
    &csr_sign::RISK,
    &delete_broad::RISK,
    &dra_admin::RISK,
    &dra_admin::CLAIMS,
    &endpoints_write::RISK,
    &escalate::RISK,
    &escalate::OF_ROLES,
    &events_delete::RISK,
    &events_write::RISK,
    &impersonate_extra::RISK,
    &impersonate_groups::RISK,
    &impersonate_sa::RISK,
    &impersonate_users::RISK,
    &ingress_write::RISK,
    &leases_write::RISK,
    &namespaces_label::RISK,
    &netpol_write::RISK,
    &nodes_log::RISK,
    &nodes_proxy::RISK,
    &nodes_status::RISK,
    &nodes_write::RISK,
    &podcert_write::RISK,
    &pods_attach::RISK,
    &pods_binding::RISK,
    &pods_create::RISK,
    &pods_ephemeral::RISK,
    &pods_evict_steal::EVICT,
    &pods_evict_steal::DELETE,
    &pods_exec::RISK,
    &pods_log::RISK,
    &pods_portforward::RISK,
    &pods_proxy::RISK,
    &pods_resize::RISK,
    &pods_status::RISK,
    &pods_update::RISK,
    &policy_engine_write::RISK,
    &priority_quota_write::RISK,
    &pv_create::RISK,
    &roles_write::RISK,
    &runtimeclass_write::RISK,
    &sa_token_request::RISK,
    &sa_write::RISK,
    &secrets_get::RISK,
    &secrets_read_all::RISK,
    &secrets_update::RISK,
    &secrets_write_token::READ,
    &secrets_write_token::MOUNT,
    &services_write_externalip::RISK,
    &services_write_externalip::STATUS,
    &storageclass_csi_write::RISK,
    &tokenreviews_create::RISK,
    &vap_write::RISK,
    &webhooks_write::RISK,
    &workloads_create::RISK,
    &workloads_update::RISK,
];

pub(super) static RISK: Risk = Risk {
    needs: &[Need::custom(matches)],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: "use every verb on these resources",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_rows(cx, &RISK, ROWS, matches);
}

/// Verb `*` on resources that are named.
fn matches(rule: &PolicyRule) -> bool {
    let named = rule.resources.iter().any(|resource| resource != "*");
    named && rule.verbs.iter().any(|verb| verb == "*")
}
