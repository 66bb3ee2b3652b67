//! `reliability/readiness-probe`

use super::serving::unprobed;
use ironclad_check::{Cx, FixKind, Meta, Param, ParamDefault};
use ironclad_model::{Kind, Severity, Wanted};
use ironclad_views::{Container, Pod};

pub(super) static META: Meta = Meta {
    id: "reliability/readiness-probe",
    title: "container behind a Service without a readiness probe",
    severity: Severity::Medium,
    reads: &[Kind::ANY_POD, Kind::SERVICE],
    params: &[Param {
        name: "strict",
        default: ParamDefault::Bool(false),
        doc: "Ask every container of a long-running workload, whether or not a Service sends to it.",
    }],
    fix: FixKind::Value,
    page: include_str!("readiness_probe.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for (container, service) in unprobed(pod, cx, Container::readiness_probe) {
        let whose = service.map_or_else(String::new, |name| format!(", though Service \"{name}\" sends to it"));
        let spot = container.readiness_probe().spot();
        cx.find(spot, format!("container \"{}\" has no readiness probe{whose}", container.label()))
            .of(container)
            .label("it gets traffic before it can answer")
            .fix_ask("add a readiness probe that asks what this container serves", spot, Wanted::Object);
    }
}
