//! `rbac/aws-auth-session-name`

use crate::aws_auth::sections;
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
            let Some((before, _)) = name.text.split_once("{{SessionName") else { continue };
            // Fargate: AWS itself names the sessions.
            let is_fargate = entry.is_node() && entry.groups.iter().any(|group| group.text == "system:node-proxier");
            if is_fargate {
                continue;
            }
            let message = format!("whoever assumes `{}` chooses the user name `{}`", entry.who(), name.text);
            let finder = section.say(name.line, message, cx);
            if before.starts_with("system:") {
                finder
                    .severity(Severity::High)
                    .label("names that begin with `system:` are those of nodes and components");
            } else if before.is_empty() {
                finder.label("any user of the cluster may be named: put a word of its own before it");
            } else {
                finder
                    .severity(Severity::Low)
                    .label("no role may be bound to such a name: one session can take that of another");
            }
        }
    }
}
