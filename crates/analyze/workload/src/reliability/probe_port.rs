//! `reliability/probe-port`

use ironclad_check::{Cx, Meta};
use ironclad_model::Severity;
use ironclad_model::Spot;
use ironclad_views::{ContainerPort, Field, IntOrText, Pod, PodContainer, Role};

pub(super) static META: Meta = Meta {
    id: "reliability/probe-port",
    title: "probe or hook of a port that the container does not have",
    severity: Severity::High,
    page: include_str!("probe_port.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    // What an init container probes is `reliability/probe-on-init`; an ephemeral one has neither ports nor probes.
    for container in pod.containers.iter().filter(|c| matches!(c.role, Role::Main | Role::Sidecar)) {
        let probes = [
            ("liveness probe", container.liveness_probe()),
            ("readiness probe", container.readiness_probe()),
            ("startup probe", container.startup_probe()),
        ];
        for (what, probe) in probes {
            judge(what, probe.http_get().port(), container, cx);
            judge(what, probe.tcp_socket().port(), container, cx);
            let port = probe.grpc().port();
            if let Some(number) = port.get() {
                judge_number(what, number, port.spot(), container, cx);
            }
        }
        let lifecycle = container.lifecycle();
        for (what, hook) in [("postStart hook", lifecycle.post_start()), ("preStop hook", lifecycle.pre_stop())] {
            judge(what, hook.http_get().port(), container, cx);
            judge(what, hook.tcp_socket().port(), container, cx);
        }
    }
}

fn judge(what: &str, port: Field<'_, IntOrText<'_>>, container: &PodContainer<'_>, cx: &mut Cx<'_>) {
    match port.get() {
        Some(IntOrText::Int(number)) => judge_number(what, number, port.spot(), container, cx),
        Some(IntOrText::Text(name)) => {
            let declared = container.ports().iter().find(|declared| declared.name().get() == Some(name));
            let why = match declared {
                Some(declared) if is_tcp(declared) => return,
                Some(_) => "which does not speak TCP",
                None => "which the container does not have",
            };
            let message = format!("{what} of container \"{}\" asks port \"{name}\", {why}", container.label());
            cx.find(port, message).of(container).label("it fails every time");
        }
        None => {}
    }
}

fn judge_number(what: &str, number: i64, at: Spot<'_>, container: &PodContainer<'_>, cx: &mut Cx<'_>) {
    let same = |declared: &ContainerPort<'_>| declared.container_port().get() == Some(number);
    if container.ports().iter().any(|declared| same(&declared) && is_tcp(declared)) {
        return;
    }
    let message = format!(
        "{what} of container \"{}\" asks port {number}, which the container does not declare",
        container.label()
    );
    cx.find(at, message).of(container).severity(Severity::Low).label("it works if something listens there");
}

/// Probes and hooks connect by TCP, whatever the port is declared for.
fn is_tcp(port: ContainerPort<'_>) -> bool {
    port.protocol().get().is_none_or(|protocol| protocol == "TCP")
}
