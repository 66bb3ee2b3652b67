//! `rbac/aws-auth-account`

use crate::aws_auth::{is_account, sections};
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/aws-auth-account",
    title: "whole AWS account may log in",
    severity: Severity::Medium,
    reads: &[Kind::CONFIG_MAP],
    tags: &["mitre:T1078"],
    page: include_str!("aws_auth_account.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for section in sections(object) {
        // What is no number of an account is for `rbac/aws-auth-arn`.
        for account in section.accounts.iter().filter(|account| is_account(&account.text)) {
            let message = format!("every identity of AWS account `{}` is a user of the cluster", account.text);
            section.say(account.line, message, cx).label(
                "in system:authenticated, under its ARN: roles may be bound to it, and those of that group count",
            );
        }
    }
}
