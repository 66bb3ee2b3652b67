//! `workload/seccomp-localhost`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_views::{Pod, SeccompProfile};

pub(super) static META: Meta = Meta {
    id: "workload/seccomp-localhost",
    title: "seccomp profile that the API server refuses",
    severity: Severity::Medium,
    page: include_str!("seccomp_localhost.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let outer = pod.spec.security_context().seccomp_profile();
    judge(outer, "pod".to_owned(), cx);
    for container in &pod.containers {
        judge(container.security_context().seccomp_profile(), format!("container \"{}\"", container.label()), cx);
    }
}

fn judge(profile: SeccompProfile<'_>, whose: String, cx: &mut Cx<'_>) {
    let file = profile.localhost_profile();
    match (profile.kind().get(), file.get()) {
        (Some("Localhost"), None | Some("")) => {
            cx.find(file, format!("{whose} has type `Localhost` without `localhostProfile`"));
        }
        (Some("Localhost"), Some(path)) if path.starts_with('/') || path.split('/').any(|part| part == "..") => {
            cx.find(file, format!("{whose} names `{path}`, which is not a path below the seccomp folder"));
        }
        (Some(kind), Some(_)) if kind != "Localhost" => {
            cx.find(file, format!("{whose} names a profile file, which type `{kind}` forbids"));
        }
        _ => {}
    }
}
