//! `workload/host-probe`

use ironclad_check::{Cx, FixKind, Level, Meta, Profile, Pss};
use ironclad_model::{Safety, Severity};
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/host-probe",
    title: "probe or hook names a host",
    severity: Severity::Medium,
    profile: Profile::Baseline,
    pss: &[Pss { check: "hostProbesAndHostLifecycle", level: Level::Baseline, since: 34, overridden: None }],
    fix: FixKind::Safe,
    page: include_str!("host_probe.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        let probes = [container.liveness_probe(), container.readiness_probe(), container.startup_probe()];
        let hooks = [container.lifecycle().post_start(), container.lifecycle().pre_stop()];
        let of_probes = probes.iter().flat_map(|probe| [probe.http_get().host(), probe.tcp_socket().host()]);
        let of_hooks = hooks.iter().flat_map(|hook| [hook.http_get().host(), hook.tcp_socket().host()]);
        for field in of_probes.chain(of_hooks) {
            let Some(host) = field.get().filter(|host| !host.is_empty()) else { continue };
            cx.find(field, format!("container \"{}\" sends a probe to host `{host}`", container.label()))
                .of(container)
                .label("the kubelet connects there from the node")
                .fix_remove("remove `host`: the pod itself is probed", Safety::Safe, field);
        }
    }
}
