//! `workload/admin-service-account`

use ironclad_authz::{Defaults, Options, Origin, Request, User, World};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};
use ironclad_pod::{Automount, automount, names_its_account, projected_tokens, service_account};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/admin-service-account",
    title: "pod holds the rights to take over the cluster",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: &[
        Kind::ANY_POD,
        Kind::SERVICE_ACCOUNT,
        Kind::ROLE,
        Kind::CLUSTER_ROLE,
        Kind::ROLE_BINDING,
        Kind::CLUSTER_ROLE_BINDING,
    ],
    tags: &["cis:5.1.1", "mitre:T1078"],
    page: include_str!("admin_service_account.md"),
    ..Meta::DEFAULT
};

const RBAC: &str = "rbac.authorization.k8s.io";

/// What leads to every right, cluster-wide: verb, group, resource, subresource, and what it is in words.
const TAKEOVER: &[(&str, &str, &str, &str, &str)] = &[
    ("escalate", RBAC, "clusterroles", "", "give itself any right"),
    ("bind", RBAC, "clusterroles", "", "bind itself to any role"),
    ("impersonate", "", "users", "", "be any user"),
    ("impersonate", "", "serviceaccounts", "", "be any ServiceAccount"),
    ("create", "", "serviceaccounts", "token", "take the token of any ServiceAccount"),
    ("list", "", "secrets", "", "read every Secret"),
    ("create", "", "pods", "", "start pods as any ServiceAccount"),
    ("create", "", "pods", "exec", "run commands in every pod"),
    ("get", "", "nodes", "proxy", "run commands in every pod through its node"),
    ("create", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "", "change what others create"),
];

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !names_its_account(pod) {
        return;
    }
    if cx.objects(Kind::CLUSTER_ROLE_BINDING).is_empty() && cx.objects(Kind::ROLE_BINDING).is_empty() {
        // Without any binding there is nothing to find, and nothing was looked at.
        if !cx.complete() {
            cx.not_observed("no ClusterRoleBinding or RoleBinding in the set");
        }
        return;
    }
    let account = service_account(pod);
    let object = cx.named(Kind::SERVICE_ACCOUNT, pod.object.namespace(), account.name);
    let mounted = automount(pod, object).is_some_and(Automount::is_on);
    if !mounted && projected_tokens(pod).next().is_none() {
        return;
    }
    let version = cx.version();
    let world = cx.once(|cx| {
        let defaults = Defaults::Roles(version);
        World::of(cx.snapshot(), &Options { defaults, ..Options::default() })
    });
    let user = User::service_account(pod.object.namespace().unwrap_or("default"), account.name);
    let (rights, proof) = match world.decide(&user, &Request::resource("*", "*", "*")).proofs.first() {
        Some(proof) => ("do everything in the cluster".to_owned(), *proof),
        None => {
            let mut words = Vec::new();
            let mut first = None;
            for (verb, group, resource, subresource, word) in TAKEOVER {
                let request = Request::resource(verb, group, resource).subresource(subresource);
                if let Some(proof) = world.decide(&user, &request).proofs.first() {
                    words.push(*word);
                    first = first.or(Some(*proof));
                }
            }
            let Some(proof) = first else { return };
            (words.join(", "), proof)
        }
    };
    let binding = match world.binding(proof.binding).origin() {
        Origin::Object(id) => cx.object_of(id),
        Origin::BuiltIn => None,
    };
    let finder = cx
        .find(account.field, format!("ServiceAccount \"{}\" of the pod may {rights}", account.name))
        .label("whoever breaks into the pod has that right");
    if let Some(binding) = binding {
        finder.related_in(binding, binding.root(), "the binding that gives it");
    }
}
