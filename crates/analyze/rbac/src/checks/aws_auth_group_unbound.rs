//! `rbac/aws-auth-group-unbound`

use crate::aws_auth::sections;
use crate::facts::facts;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/aws-auth-group-unbound",
    title: "AWS identity in a group without roles",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: &[Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING, Kind::CONFIG_MAP],
    tags: &["mitre:T1078"],
    page: include_str!("aws_auth_group_unbound.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    for object in cx.objects(Kind::CONFIG_MAP) {
        for section in sections(object) {
            for group in section.entries.iter().flat_map(|entry| &entry.groups) {
                let name = group.text.as_str();
                // Those of Kubernetes and EKS are bound by the cluster itself; a template is known at the login.
                if name.starts_with("system:") || name.starts_with("eks:") || name.contains("{{") || name.contains("${")
                {
                    continue;
                }
                if facts(cx).is_bound_group(name) {
                    continue;
                }
                cx.context(&[Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING]);
                let message = format!("no binding names group \"{name}\" of `{}`", section.key);
                section
                    .say(group.line, message, cx)
                    .label("its members have no role by it, and whoever binds one gives it to all of them");
            }
        }
    }
}
