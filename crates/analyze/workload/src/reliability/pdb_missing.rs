//! `reliability/pdb-missing`

use crate::joins;
use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Edit, Kind, Object, Safety, Severity};
use ironclad_tree::f;
use ironclad_pod::replicas;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/pdb-missing",
    title: "workload without a PodDisruptionBudget",
    severity: Severity::Low,
    reads: &[Kind::DEPLOYMENT, Kind::STATEFUL_SET, Kind::POD_DISRUPTION_BUDGET, Kind::HORIZONTAL_POD_AUTOSCALER, Kind::SCALED_OBJECT],
    fix: FixKind::Unsafe,
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
    let taken = cx.named(Kind::POD_DISRUPTION_BUDGET, workload.namespace(), workload.name()).is_some();
    let budget = budget(workload, cx).filter(|_| !taken);
    let finder = cx
        .find(labels.spot(), format!("no PodDisruptionBudget guards the pods of this {}", workload.kind_name()))
        .label("draining nodes may take all of them at once");
    if let Some(budget) = budget {
        let title = "add a PodDisruptionBudget that lets one pod at a time go";
        finder.fix(title, Safety::Unsafe, vec![Edit::Create(budget)]);
    }
}

/// A budget for the pods that the workload itself selects, beside it and of its name.
fn budget(workload: &Object, cx: &Cx<'_>) -> Option<String> {
    let selector = workload.root().get(f::SPEC)?.value().get(f::SELECTOR)?.value();
    if selector.is_null() || workload.name().is_empty() {
        return None;
    }
    let metadata = workload.metadata()?;
    if !cx.keeps_edits() {
        return Some(String::new());
    }
    let mut name = String::from("{");
    for field in [f::NAME, f::NAMESPACE] {
        if let Some(entry) = metadata.get(field) {
            name.push_str(if name.len() > 1 { "," } else { "" });
            name.push_str(&format!("\"{}\":", entry.key()));
            entry.value().write_json(&mut name);
        }
    }
    name.push('}');
    // On by default since 1.27: a pod that never gets ready must not stop a drain.
    let unhealthy = if cx.version() >= 27 { ",\"unhealthyPodEvictionPolicy\":\"AlwaysAllow\"" } else { "" };
    let mut selected = String::new();
    selector.write_json(&mut selected);
    Some(format!(
        "{{\"apiVersion\":\"policy/v1\",\"kind\":\"PodDisruptionBudget\",\"metadata\":{name},\"spec\":{{\"maxUnavailable\":1{unhealthy},\"selector\":{selected}}}}}"
    ))
}
