//! `rbac/aws-auth-masters`

use crate::aws_auth::{mastery, sections};
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/aws-auth-masters",
    title: "AWS identity in system:masters",
    severity: Severity::High,
    reads: &[Kind::CONFIG_MAP],
    tags: &["mitre:T1078"],
    page: include_str!("aws_auth_masters.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for section in sections(object) {
        for entry in section.entries.iter().filter(|entry| entry.arn.is_some()) {
            let Some(group) = entry.groups.iter().find(|group| group.text == "system:masters") else { continue };
            let message = format!("`{}` is in system:masters", entry.who());
            let (severity, why) = mastery(entry.is_node());
            section.say(group.line, message, cx).severity(severity).label(why);
        }
    }
}
