//! `workload/sudo-command`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/sudo-command",
    title: "container is started through sudo",
    severity: Severity::Medium,
    page: include_str!("sudo_command.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        for (node, word) in container.command().iter().chain(container.args().iter()) {
            let mut tokens = word.split_whitespace();
            if tokens.any(|token| token.rsplit('/').next() == Some("sudo")) {
                cx.find(node, format!("container \"{}\" calls `sudo`", container.label()))
                    .of(container)
                    .label("it has a way to become root, and uses it");
            }
        }
    }
}
