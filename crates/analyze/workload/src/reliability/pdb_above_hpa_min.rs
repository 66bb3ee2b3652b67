//! `reliability/pdb-above-hpa-min`

use crate::joins;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_pod::Share;
use ironclad_views::{AutoscalerSpec, BudgetSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/pdb-above-hpa-min",
    title: "PodDisruptionBudget above the autoscaler's minimum",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[Kind::POD_DISRUPTION_BUDGET, Kind::HORIZONTAL_POD_AUTOSCALER, Kind::ANY_POD],
    page: include_str!("pdb_above_hpa_min.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(budget: &Object, cx: &mut Cx<'_>) {
    let least = spec::<BudgetSpec<'_>>(budget).min_available();
    let Some(share) = least.get().and_then(Share::of) else { return };
    let scaling = joins::scaling(cx);
    for workload in joins::guarded(budget, cx) {
        let scalers: Vec<&Object> = scaling.scalers(workload).iter().filter_map(|id| cx.object_of(*id)).collect();
        for scaler in scalers {
            if scaler.kind() != Kind::HORIZONTAL_POD_AUTOSCALER {
                continue;
            }
            let floor = spec::<AutoscalerSpec<'_>>(scaler).min_replicas();
            let pods = floor.get().unwrap_or(1);
            let name = scaler.name();
            let message = match share {
                Share::Count(count) if count > pods => {
                    format!("`minAvailable` is {count}, and HorizontalPodAutoscaler \"{name}\" goes down to {pods}")
                }
                // A part of the pods is a part of however many there are: only more than all of them is too much.
                Share::Percent(percent) if percent > 100 => {
                    format!("`minAvailable` is {percent}% of the pods that HorizontalPodAutoscaler \"{name}\" keeps")
                }
                _ => continue,
            };
            cx.find(least, message).label("at the autoscaler's minimum no pod may be evicted").related_in(
                scaler,
                floor,
                "its minimum",
            );
        }
    }
}
