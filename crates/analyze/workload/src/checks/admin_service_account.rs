//! `workload/admin-service-account`

use ironclad_authz::{Origin, Reach, World};
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
    let world = cx.shared(|snapshot, config| World::of_manifests(snapshot, config.version));
    let Some(held) = world.takeover(pod.object.namespace(), account.name, Reach::default()) else { return };
    let binding = match world.binding(held.proof.binding).origin() {
        Origin::Object(id) => cx.object_of(id),
        Origin::BuiltIn | Origin::Outside(_) => None,
    };
    let finder = cx
        .find(account.field, format!("ServiceAccount \"{}\" of the pod may {}", account.name, held.what))
        .label("whoever breaks into the pod has that right");
    if let Some(binding) = binding {
        finder.related_in(binding, binding.root(), "the binding that gives it");
    }
}
