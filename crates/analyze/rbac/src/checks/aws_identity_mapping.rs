//! `rbac/aws-identity-mapping`

use super::aws_auth_arn::wrong;
use crate::aws_auth::is_account;
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
    let finder = cx.find(*node, format!("`{arn}` is in system:masters"));
    if mapping.is_node() {
        finder.severity(Severity::Critical).label("whoever reaches the credentials of a node may do everything");
    } else {
        finder.severity(Severity::High).label("no authorizer is asked for it, and no change of a role takes it back");
    }
}

fn session(mapping: &Mapping<'_>, arn: &str, cx: &mut Cx<'_>) {
    let Some((node, name)) = mapping.username else { return };
    let Some((before, _)) = name.split_once("{{SessionName") else { return };
    // Fargate: AWS itself names the sessions.
    if mapping.is_node() && mapping.groups.iter().any(|(_, group)| *group == "system:node-proxier") {
        return;
    }
    let finder = cx.find(node, format!("whoever assumes `{arn}` chooses the user name `{name}`"));
    if before.starts_with("system:") {
        finder.severity(Severity::High).label("names that begin with `system:` are those of nodes and components");
    } else if before.is_empty() {
        finder.label("any user of the cluster may be named: put a word of its own before it");
    } else {
        finder
            .severity(Severity::Low)
            .label("no role may be bound to such a name: one session can take that of another");
    }
}
