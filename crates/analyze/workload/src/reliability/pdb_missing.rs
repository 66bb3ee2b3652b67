//! `reliability/pdb-missing`

use crate::joins;
use ironclad_check::{Cx, FixKind, Meta};
use ironclad_model::{Edit, Kind, LabelSelector, Object, Safety, Severity};
use ironclad_pod::{TemplateId, is_selector, replicas};
use ironclad_tree::f;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "reliability/pdb-missing",
    title: "workload without a PodDisruptionBudget",
    severity: Severity::Low,
    reads: &[Kind::ANY_POD, Kind::POD_DISRUPTION_BUDGET, Kind::HORIZONTAL_POD_AUTOSCALER, Kind::SCALED_OBJECT],
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
    let budget = budget(workload, cx);
    let finder = cx
        .find(labels.spot(), format!("no PodDisruptionBudget guards the pods of this {}", workload.kind_name()))
        .label("draining nodes may take all of them at once");
    if let Some(budget) = budget {
        let title = "add a PodDisruptionBudget that lets one pod at a time go";
        finder.fix(title, Safety::Unsafe, vec![Edit::Create(budget)]);
    }
}

/// A budget for the pods that the workload itself selects, beside it and of its name. None where the API server refuses
/// it, where it would not be the only one of its name, and where it would guard more than the pods of this workload.
fn budget(workload: &Object, cx: &Cx<'_>) -> Option<String> {
    let selector = workload.root().get(f::SPEC)?.value().get(f::SELECTOR)?.value();
    let metadata = workload.metadata()?;
    let texts = [f::NAME, f::NAMESPACE].into_iter().filter_map(|field| metadata.get(field));
    let is_written = texts.clone().all(|entry| entry.value().as_str().is_some_and(is_plain));
    if !is_written || workload.name().is_empty() || !is_selector(selector) || !is_own_name(workload, cx) {
        return None;
    }
    if !guards_only(workload, &LabelSelector::of(selector).ok()?, cx) {
        return None;
    }
    if !cx.keeps_edits() {
        return Some(String::new());
    }
    let mut name = String::from("{");
    for entry in texts {
        name.push_str(if name.len() > 1 { "," } else { "" });
        name.push_str(&format!("\"{}\":", entry.key()));
        entry.value().write_json(&mut name);
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

fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
}

/// Does no budget have the name, and would no other workload's budget get it? Objects that name no namespace may well
/// be those of `default`.
fn is_own_name(workload: &Object, cx: &Cx<'_>) -> bool {
    let namespaces: &[Option<&str>] = match workload.namespace() {
        None | Some("default") => &[None, Some("default")],
        named => &[named],
    };
    namespaces.iter().all(|namespace| {
        let of = |kind| cx.snapshot().named(kind, *namespace, workload.name());
        of(Kind::POD_DISRUPTION_BUDGET).is_empty()
            && [Kind::DEPLOYMENT, Kind::STATEFUL_SET].into_iter().flat_map(of).all(|other| other.id() == workload.id())
    })
}

/// Does the selector match pods of this workload alone, and none that another budget guards? A pod with two budgets
/// cannot be evicted at all.
fn guards_only(workload: &Object, selector: &LabelSelector, cx: &Cx<'_>) -> bool {
    let selectors = joins::selectors(cx);
    let selected = selectors.pods().selected(cx.snapshot(), workload, selector);
    let is_own = |template: &TemplateId| {
        // In a cluster its pods and their ReplicaSets are there, too.
        let mut object = cx.object_of(selectors.pods().object(*template));
        for _ in 0..LONGEST_CHAIN {
            match object {
                Some(found) if found.id() == workload.id() => return true,
                Some(found) => object = cx.controller_of(found),
                None => return false,
            }
        }
        false
    };
    // Where not even its own pods are selected the budget guards nobody.
    !selected.is_empty() && selected.iter().all(|template| is_own(template) && selectors.budgets(*template).is_empty())
}

/// Pod, ReplicaSet, Deployment.
const LONGEST_CHAIN: usize = 3;
