//! `workload/windows-admin-user`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_pod::effective;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/windows-admin-user",
    title: "Windows container runs as administrator",
    severity: Severity::Medium,
    profile: Profile::OptIn,
    page: include_str!("windows_admin_user.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !pod.is_windows() {
        return;
    }
    for container in &pod.containers {
        let user = effective(pod, container).run_as_user_name;
        match user.value {
            None => {
                cx.find(user.spot, format!("container \"{}\" does not set `runAsUserName`", container.label()))
                    .of(container);
            }
            Some(name) if name.eq_ignore_ascii_case("ContainerAdministrator") => {
                cx.find(user.spot, format!("container \"{}\" runs as ContainerAdministrator", container.label()))
                    .of(container);
            }
            Some(_) => {}
        }
    }
}
