//! `rbac/eks-access-group-unbound`

use crate::eks::entries;
use crate::facts::facts;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/eks-access-group-unbound",
    title: "access entry in a group without roles",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: &[Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING, Kind::OTHER],
    tags: &["mitre:T1078"],
    page: include_str!("eks_access_group_unbound.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    for object in cx.objects(Kind::OTHER) {
        for entry in entries(object) {
            for (node, name) in entry.groups() {
                // Those of Kubernetes and EKS are bound by the cluster itself, or refused.
                if name.starts_with("system:") || name.starts_with("eks:") {
                    continue;
                }
                if facts(cx).is_bound_group(name) {
                    continue;
                }
                cx.context(&[Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING]);
                cx.find_in(object, node, format!("no binding names group \"{name}\" of {}", entry.who()))
                    .label("it has no role by it, and whoever binds one gives it to all of the group");
            }
        }
    }
}
