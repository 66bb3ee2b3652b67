//! `rbac/aws-identity-mapping`

use super::aws_auth_arn::wrong;
use crate::aws_auth::{chosen_name, is_account, mastery};
use crate::eks::{Mapping, mappings};
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/aws-identity-mapping",
    title: "AWS identity that is mapped to too much, or to nobody",
    severity: Severity::Medium,
    reads: &[Kind::OTHER],
    tags: &["mitre:T1078"],
    page: include_str!("aws_identity_mapping.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for mapping in mappings(object) {
        if let Some((node, account)) = mapping.account.filter(|(_, account)| is_account(account)) {
            cx.find(node, format!("every identity of AWS account `{account}` is a user of the cluster"))
                .label("in system:authenticated, under its ARN: roles may be bound to it");
        }
        let Some((node, arn)) = mapping.arn else { continue };
        if let Some((message, label)) = wrong(arn) {
            cx.find(node, message).label(label);
        }
        masters(&mapping, arn, cx);
        session(&mapping, arn, cx);
    }
}

fn masters(mapping: &Mapping<'_>, arn: &str, cx: &mut Cx<'_>) {
    let Some((node, _)) = mapping.groups.iter().find(|(_, group)| *group == "system:masters") else { return };
    let (severity, why) = mastery(mapping.is_node());
    cx.find(*node, format!("`{arn}` is in system:masters")).severity(severity).label(why);
}

fn session(mapping: &Mapping<'_>, arn: &str, cx: &mut Cx<'_>) {
    let Some((node, name)) = mapping.username else { return };
    let groups = mapping.groups.iter().map(|(_, group)| *group);
    let Some((severity, why)) = chosen_name(name, mapping.is_node(), groups) else { return };
    cx.find(node, format!("whoever assumes `{arn}` chooses the user name `{name}`")).severity(severity).label(why);
}
