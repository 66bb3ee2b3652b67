//! `rbac/aws-auth-session-name`

use crate::aws_auth::{chosen_name, sections};
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/aws-auth-session-name",
    title: "user name that its bearer chooses",
    severity: Severity::Medium,
    reads: &[Kind::CONFIG_MAP],
    tags: &["mitre:T1078"],
    page: include_str!("aws_auth_session_name.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for section in sections(object) {
        for entry in section.entries.iter().filter(|entry| entry.arn.is_some()) {
            let Some(name) = &entry.username else { continue };
            let groups = entry.groups.iter().map(|group| group.text.as_str());
            let Some((severity, why)) = chosen_name(&name.text, entry.is_node(), groups) else { continue };
            let message = format!("whoever assumes `{}` chooses the user name `{}`", entry.who(), name.text);
            section.say(name.line, message, cx).severity(severity).label(why);
        }
    }
}
