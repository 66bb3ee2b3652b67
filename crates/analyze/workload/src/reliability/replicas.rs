//! `reliability/replicas`

use crate::joins;
use ironclad_check::{Cx, FixKind, Meta, Param, ParamDefault};
use ironclad_model::Spot;
use ironclad_model::{Kind, Severity, Wanted};
use ironclad_pod::replicas;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/replicas",
    title: "Service that a single pod answers",
    severity: Severity::Low,
    reads: &[
        Kind::DEPLOYMENT,
        Kind::REPLICA_SET,
        Kind::ROLLOUT,
        Kind::SERVICE,
        Kind::HORIZONTAL_POD_AUTOSCALER,
        Kind::SCALED_OBJECT,
    ],
    params: &[
        Param { name: "min", default: ParamDefault::Int(2), doc: "Fewest pods." },
        Param {
            name: "strict",
            default: ParamDefault::Bool(false),
            doc: "Ask every Deployment, whether or not a Service sends to it.",
        },
    ],
    fix: FixKind::Value,
    page: include_str!("replicas.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let workload = pod.object;
    if !matches!(workload.kind(), Kind::DEPLOYMENT | Kind::REPLICA_SET | Kind::ROLLOUT) {
        return;
    }
    let field = replicas(workload);
    let (count, least) = (field.get().unwrap_or(1), cx.int("min"));
    if count >= least || !joins::scaling(cx).scalers(workload).is_empty() {
        return;
    }
    let services = joins::services_of(pod, cx);
    if services.is_empty() && !cx.strict() && cx.context(&[Kind::SERVICE]) {
        return;
    }
    let pods = if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") };
    let message = match services.first() {
        Some(service) => {
            format!("{} has {pods} behind Service \"{}\", fewer than {least}", workload.kind_name(), service.name())
        }
        None => format!("{} has {pods}, fewer than {least}", workload.kind_name()),
    };
    let finder = cx.find(field, message).label("it is away whenever its node is");
    let finder = match services.first() {
        Some(service) => finder.related_in(service, Spot::at(service.root()), "sends to these pods"),
        None => finder,
    };
    finder.fix_ask("set `replicas` to the number that the service needs", field, Wanted::Count);
}
