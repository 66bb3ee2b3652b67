//! `rbac/aws-auth-node`

use crate::aws_auth::sections;
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/aws-auth-node",
    title: "nodes and others mixed in aws-auth",
    severity: Severity::High,
    reads: &[Kind::CONFIG_MAP],
    tags: &["mitre:T1078"],
    page: include_str!("aws_auth_node.md"),
    ..Meta::DEFAULT
};

/// What nodes of EKS are in: Linux, Fargate, Windows.
const OF_NODES: &[&str] = &["system:bootstrappers", "system:nodes", "system:node-proxier", "eks:kube-proxy-windows"];

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for section in sections(object) {
        for entry in section.entries.iter().filter(|entry| entry.arn.is_some()) {
            for group in &entry.groups {
                let name = group.text.as_str();
                // `system:masters` is for `rbac/aws-auth-masters`.
                if entry.is_node() && name != "system:masters" && !OF_NODES.contains(&name) {
                    let message = format!("nodes of `{}` are in group \"{name}\" too", entry.who());
                    section.say(group.line, message, cx).label("every pod that reaches the credentials of its node is");
                } else if !entry.is_node() && name == "system:nodes" {
                    let message = format!("`{}` is in system:nodes and has no name of a node", entry.who());
                    section
                        .say(group.line, message, cx)
                        .label("the Node authorizer wants a `username` that begins with `system:node:`");
                }
            }
        }
    }
}
