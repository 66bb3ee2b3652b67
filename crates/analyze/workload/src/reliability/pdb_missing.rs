//! `reliability/pdb-missing`

use crate::joins;
use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Kind, Safety, Severity};
use ironclad_pod::replicas;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/pdb-missing",
    title: "workload without a PodDisruptionBudget",
    severity: Severity::Low,
    reads: &[Kind::DEPLOYMENT, Kind::STATEFUL_SET, Kind::POD_DISRUPTION_BUDGET, Kind::HORIZONTAL_POD_AUTOSCALER, Kind::SCALED_OBJECT],
    peers: &[("kube-score", "deployment-has-poddisruptionbudget"), ("kube-score", "statefulset-has-poddisruptionbudget"), ("polaris", "missingPodDisruptionBudget")],
    fix: FixKind::Value,
    page: include_str!("pdb_missing.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let workload = pod.object;
    if !matches!(workload.kind(), Kind::DEPLOYMENT | Kind::STATEFUL_SET) {
        return;
    }
    let scaling = joins::scaling(cx);
    // A single pod cannot be drained around: a budget would only stop the drain.
    let single = replicas(workload).get().is_some_and(|count| count < 2) && scaling.scalers(workload).is_empty();
    if single || !joins::budgets_of(pod, cx).is_empty() {
        return;
    }
    cx.context(&[Kind::POD_DISRUPTION_BUDGET]);
    let labels = pod.metadata.labels();
    cx.find(labels.spot(), format!("no PodDisruptionBudget guards the pods of this {}", workload.kind_name()))
        .label("draining nodes may take all of them at once")
        .fix("add a PodDisruptionBudget that selects these labels", Safety::Value, Vec::new());
}
