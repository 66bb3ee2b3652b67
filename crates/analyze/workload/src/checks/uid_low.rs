//! `workload/uid-low`

use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::Severity;
use ironclad_pod::effective;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/uid-low",
    title: "container runs with a low user id",
    severity: Severity::Low,
    profile: Profile::OptIn,
    params: &[Param { name: "min", default: ParamDefault::Int(10_000), doc: "Smallest id that passes." }],
    page: include_str!("uid_low.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if cx.skips_windows(pod) {
        return;
    }
    if pod.has_user_namespace() {
        return;
    }
    let floor = cx.int("min");
    for container in &pod.containers {
        let id = effective(pod, container).run_as_user;
        let name = container.label();
        match id.value {
            Some(value) if value >= floor => {}
            Some(value) => {
                cx.find(id.spot, format!("container \"{name}\" runs as user {value}, below {floor}")).of(container);
            }
            None => {
                cx.find(id.spot, format!("container \"{name}\" does not set `runAsUser`")).of(container);
            }
        }
    }
}
