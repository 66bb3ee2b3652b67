//! `rbac/irsa-trust-wildcard`

use crate::trust::{Hole, policies};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/irsa-trust-wildcard",
    title: "role of AWS that more than one ServiceAccount may take",
    severity: Severity::High,
    reads: &[Kind::OTHER],
    applies: Applies::Everywhere,
    tags: &["mitre:T1078"],
    page: include_str!("irsa_trust_wildcard.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for policy in policies(object) {
        policy.holes(|node, hole| {
            let (message, severity, label) = match hole {
                Hole::AnySubject => (
                    "every ServiceAccount of the cluster may take the role".to_owned(),
                    Severity::High,
                    "name one: StringEquals on `…:sub` with `system:serviceaccount:NAMESPACE:NAME`",
                ),
                Hole::Namespaces(value) => (
                    format!("ServiceAccounts of other namespaces may take the role: `{value}`"),
                    Severity::High,
                    "whoever may create a namespace or an account has the role",
                ),
                Hole::Accounts(value) => (
                    format!("several ServiceAccounts may take the role: `{value}`"),
                    Severity::Medium,
                    "whoever may create accounts or tokens in the namespace has the role",
                ),
                Hole::Literal(value) => (
                    format!("`{value}` is compared letter by letter, and fits no ServiceAccount"),
                    Severity::Low,
                    "StringEquals knows no patterns",
                ),
                Hole::AnyAudience => (
                    "tokens that are made for another service may take the role".to_owned(),
                    Severity::Low,
                    "StringEquals on `…:aud` with `sts.amazonaws.com` keeps them out",
                ),
            };
            cx.find(node, message).severity(severity).label(label);
        });
    }
}
