//! `reliability/liveness-probe`

use super::serving::unprobed;
use ironclad_check::{Cx, FixKind, Meta, Param, ParamDefault, Profile};
use ironclad_model::{Kind, Severity, Wanted};
use ironclad_views::{Container, Pod};

pub(super) static META: Meta = Meta {
    id: "reliability/liveness-probe",
    title: "container behind a Service without a liveness probe",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::ANY_POD, Kind::SERVICE],
    params: &[Param {
        name: "strict",
        default: ParamDefault::Bool(false),
        doc: "Ask every container of a long-running workload, whether or not a Service sends to it.",
    }],
    fix: FixKind::Value,
    page: include_str!("liveness_probe.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for (container, service) in unprobed(pod, cx, Container::liveness_probe) {
        let whose = service.map_or_else(String::new, |name| format!(", though Service \"{name}\" sends to it"));
        let spot = container.liveness_probe().spot();
        cx.find(spot, format!("container \"{}\" has no liveness probe{whose}", container.label()))
            .of(container)
            .label("when it hangs, nobody restarts it")
            .fix_ask("add a liveness probe that fails only when a restart helps", spot, Wanted::Object);
    }
}
