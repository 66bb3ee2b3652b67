//! `rbac/eks-pod-identity`

use crate::aws_auth::{Arn, arn};
use crate::cloud::{AWS_ROLE, annotation};
use crate::eks::{associations, plain};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::NodeRef;
use std::collections::BTreeMap;

pub(super) static META: Meta = Meta {
    id: "rbac/eks-pod-identity",
    title: "ServiceAccount that a role of AWS is given to",
    severity: Severity::Info,
    profile: Profile::CrossObject,
    reads: &[Kind::OTHER, Kind::SERVICE_ACCOUNT],
    tags: &["mitre:T1078"],
    page: include_str!("eks_pod_identity.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let mut by_role: BTreeMap<&str, Vec<(&Object, NodeRef<'_>, String)>> = BTreeMap::new();
    for object in cx.objects(Kind::OTHER) {
        for association in associations(object) {
            let Some(account) = association.account else { continue };
            let Some(name) = plain(account) else { continue };
            let place = association.namespace.map_or(String::new(), |namespace| format!("{namespace}/"));
            let role = association.role.and_then(plain);
            let what = role.map_or("a role of AWS".to_owned(), |role| format!("the AWS role `{role}`"));
            let message = format!("ServiceAccount \"{place}{name}\" is {what}");
            if name == "default" {
                cx.find_in(object, account, message)
                    .severity(Severity::Medium)
                    .label("every pod that names no ServiceAccount has that identity");
            } else {
                cx.find_in(object, account, message)
                    .label("nothing at the ServiceAccount shows it; whoever may run pods as it has the role");
            }
            if let (Some(node), Some(role)) = (association.role, role) {
                if !matches!(arn(role).0, Arn::Role { .. }) {
                    cx.find_in(object, node, format!("`{role}` is no ARN of a role: EKS refuses it"))
                        .severity(Severity::Medium);
                }
                by_role.entry(role).or_default().push((object, node, format!("{place}{name}")));
            }
            let found = cx.named(Kind::SERVICE_ACCOUNT, association.namespace, name);
            if let Some((own, value, other)) =
                found.and_then(|own| annotation(own, AWS_ROLE).map(|(value, other)| (own, value, other)))
                && role.is_some_and(|role| role != other)
            {
                let message = format!(
                    "ServiceAccount \"{place}{name}\" has two roles of AWS: this one, and `{other}` by annotation"
                );
                cx.find_in(object, association.node, message)
                    .severity(Severity::Low)
                    .label("which one a program uses is up to the order of its SDK")
                    .related_in(own, value, "the annotation");
            }
        }
    }
    for (role, holders) in by_role.iter().filter(|(_, holders)| holders.len() > 1) {
        let mut names: Vec<&str> = holders.iter().map(|(_, _, name)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if let (true, Some((object, node, _))) = (names.len() > 1, holders.first()) {
            cx.find_in(object, *node, format!("{} ServiceAccounts share the AWS role `{role}`", names.len()))
                .severity(Severity::Low)
                .evidence("accounts", names.join(", "))
                .label("each has what any of them needs");
        }
    }
}
