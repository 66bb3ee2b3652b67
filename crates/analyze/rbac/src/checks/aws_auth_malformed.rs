//! `rbac/aws-auth-malformed`

use crate::aws_auth::sections;
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/aws-auth-malformed",
    title: "entry of aws-auth that is silently left out",
    severity: Severity::Medium,
    reads: &[Kind::CONFIG_MAP],
    tags: &["mitre:T1078"],
    page: include_str!("aws_auth_malformed.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for section in sections(object) {
        for wrong in &section.wrong {
            section.say(wrong.line, wrong.message.clone(), cx).label(wrong.lost);
        }
    }
}
