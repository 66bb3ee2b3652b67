//! `workload/capabilities-name`

use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Safety, Severity};
use ironclad_pod::{canonical_capability, is_known_capability};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/capabilities-name",
    title: "capability has a name that does not count",
    severity: Severity::Medium,
    fix: FixKind::Safe,
    page: include_str!("capabilities_name.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        let capabilities = container.security_context().capabilities();
        for (node, written) in capabilities.add().iter().chain(capabilities.drop().iter()) {
            let canonical = canonical_capability(written);
            if !is_known_capability(&canonical) {
                cx.find(
                    node,
                    format!("container \"{}\" names `{written}`, which is no capability of Linux", container.label()),
                )
                .of(container)
                .label("the container does not start");
            } else if canonical != written {
                cx.find(node, format!("container \"{}\" writes `{canonical}` as `{written}`", container.label()))
                    .of(container)
                    .label("Pod Security does not recognise it")
                    .fix_set(format!("write `{canonical}`"), Safety::Safe, node, &format!("\"{canonical}\""));
            }
        }
    }
}
