//! `workload/interactive`

use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Kind, Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/interactive",
    title: "controller starts an interactive container",
    severity: Severity::Low,
    profile: Profile::OptIn,
    reads: &[Kind::ANY_POD],
    fix: FixKind::Safe,
    page: include_str!("interactive.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if pod.object.kind() == Kind::POD {
        return;
    }
    for container in &pod.containers {
        for (field, name) in [(container.stdin(), "stdin"), (container.tty(), "tty")] {
            if field.get() == Some(true) {
                cx.find(field, format!("container \"{}\" keeps `{name}` open", container.label()))
                    .of(container)
                    .label("nobody sits at it")
                    .fix_remove(format!("remove `{name}: true`"), Safety::Safe, field);
            }
        }
    }
}
