//! `reliability/probe-timing`

use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/probe-timing",
    title: "probe whose times contradict each other",
    severity: Severity::Low,
    profile: Profile::OptIn,
    page: include_str!("probe_timing.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for container in &pod.containers {
        let has_startup = container.startup_probe().exists();
        let probes = [
            ("liveness", container.liveness_probe()),
            ("readiness", container.readiness_probe()),
            ("startup", container.startup_probe()),
        ];
        for (which, probe) in probes.into_iter().filter(|(_, probe)| probe.exists()) {
            let whose = format!("{which} probe of container \"{}\"", container.label());
            let (timeout, period) = (probe.timeout_seconds(), probe.period_seconds());
            let (waits, every) = (timeout.get().unwrap_or(1), period.get().unwrap_or(10));
            if waits > every {
                let at = if timeout.is_set() { timeout } else { period };
                cx.find(at, format!("{whose} waits {waits} s for an answer and is due every {every} s"))
                    .of(container)
                    .label("a hanging probe delays the next");
            }
            let successes = probe.success_threshold();
            if which != "readiness"
                && let Some(count) = successes.get().filter(|count| *count != 1)
            {
                cx.find(successes, format!("{whose} wants {count} successes"))
                    .of(container)
                    .label("the API server allows 1 alone");
            }
            let delay = probe.initial_delay_seconds();
            if which != "startup"
                && has_startup
                && let Some(seconds) = delay.get().filter(|seconds| *seconds > 0)
            {
                cx.find(delay, format!("{whose} waits {seconds} s more, after the startup probe"))
                    .of(container)
                    .label("the startup probe has waited already");
            }
        }
    }
}
