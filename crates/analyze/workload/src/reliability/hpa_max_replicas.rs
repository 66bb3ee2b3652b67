//! `reliability/hpa-max-replicas`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::{AutoscalerSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/hpa-max-replicas",
    title: "autoscaler that cannot scale",
    severity: Severity::Medium,
    reads: &[Kind::HORIZONTAL_POD_AUTOSCALER],
    page: include_str!("hpa_max_replicas.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(autoscaler: &Object, cx: &mut Cx<'_>) {
    let spec = spec::<AutoscalerSpec<'_>>(autoscaler);
    let (floor, field) = (spec.min_replicas(), spec.max_replicas());
    let least = floor.get().unwrap_or(1);
    let Some(most) = field.get() else {
        if !field.is_set() {
            cx.find(field, "autoscaler has no `maxReplicas`").label("the API server refuses it");
        }
        return;
    };
    if most < least {
        cx.find(field, format!("`maxReplicas` is {most}, below the minimum of {least}"))
            .label("the API server refuses it")
            .related(floor, "the minimum");
    } else if most == least {
        cx.find(field, format!("`maxReplicas` and the minimum are both {most}"))
            .label("it never scales")
            .related(floor, "the minimum");
    }
}
