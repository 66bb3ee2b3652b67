//! `rbac/sa-cloud-identity-shared`

use crate::cloud::{BRIDGES, annotation};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::NodeRef;
use std::collections::BTreeMap;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-cloud-identity-shared",
    title: "identity of the cloud, shared by ServiceAccounts",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    joins: true,
    reads: &[Kind::SERVICE_ACCOUNT],
    tags: &["mitre:T1078"],
    page: include_str!("sa_cloud_identity_shared.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    for (key, what) in BRIDGES {
        let mut holders: BTreeMap<&str, Vec<(&Object, NodeRef<'_>)>> = BTreeMap::new();
        for object in cx.objects(Kind::SERVICE_ACCOUNT) {
            let Some((value, name)) = annotation(object, key) else { continue };
            let holders = holders.entry(name).or_default();
            // A base and what is made of it are one account.
            if !holders.iter().any(|(other, _)| is_same(other, object)) {
                holders.push((object, value));
            }
        }
        for (name, holders) in holders.iter().filter(|(_, holders)| holders.len() > 1) {
            for (object, value) in holders {
                let message = format!("{} ServiceAccounts share the {what} `{name}`", holders.len());
                let mut finder = cx
                    .find_in(object, *value, message)
                    .label("each has what any of them needs, and the logs of the cloud cannot tell them apart by role");
                for (other, at) in holders.iter().filter(|(other, _)| other.id() != object.id()).take(6) {
                    finder = finder.related_in(other, *at, format!("ServiceAccount \"{}\" is it too", other.name()));
                }
            }
        }
    }
}

fn is_same(one: &Object, other: &Object) -> bool {
    let spaces = (one.namespace(), other.namespace());
    one.name() == other.name() && (spaces.0 == spaces.1 || spaces.0.is_none() || spaces.1.is_none())
}
