//! `reliability/hpa-min-replicas`

use ironclad_check::{Cx, Meta, Param, ParamDefault};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::{AutoscalerSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/hpa-min-replicas",
    title: "autoscaler that goes down to a single pod",
    severity: Severity::Low,
    reads: &[Kind::HORIZONTAL_POD_AUTOSCALER],
    params: &[Param { name: "min", default: ParamDefault::Int(2), doc: "Fewest pods." }],
    page: include_str!("hpa_min_replicas.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(autoscaler: &Object, cx: &mut Cx<'_>) {
    let field = spec::<AutoscalerSpec<'_>>(autoscaler).min_replicas();
    let (count, least) = (field.get().unwrap_or(1), cx.int("min"));
    if count < least {
        let pods = if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") };
        let by_default = if field.is_set() { "" } else { " by default" };
        cx.find(field, format!("autoscaler goes down to {pods}{by_default}, fewer than {least}"))
            .label("in quiet hours one node's failure is an outage");
    }
}
