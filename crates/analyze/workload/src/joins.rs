//! Facts about the whole snapshot that checks of this crate share: who selects whom, who scales whom. Each is found out
//! once a run, by the first check that asks.

use ironclad_check::Cx;
use ironclad_model::{Kind, Object, ObjectId, Snapshot};
use ironclad_pod::{NamespaceKey, Scaling, Selectors, budget_selector, same_namespace};
use ironclad_views::{LimitRangeItem, LimitRangeSpec, Pod, spec};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Which Services and budgets select which pod templates.
pub(crate) fn selectors(cx: &Cx<'_>) -> Arc<Selectors> {
    cx.shared(|snapshot, config| Selectors::find_out(snapshot, &config.workloads))
}

/// Which autoscaler scales what.
pub(crate) fn scaling(cx: &Cx<'_>) -> Arc<Scaling> {
    cx.shared(|snapshot, _| Scaling::find_out(snapshot))
}

/// The Services that send to a pod. A check that asks lists `Kind::SERVICE` in `reads`.
pub(crate) fn services_of<'a>(pod: &Pod<'_>, cx: &Cx<'a>) -> Vec<&'a Object> {
    let selectors = selectors(cx);
    let template = selectors.pods().template(pod);
    let ids = template.map_or(&[][..], |template| selectors.services(template));
    ids.iter().filter_map(|id| cx.object_of(*id)).collect()
}

/// LimitRanges that say something about containers, by namespace.
struct LimitRanges(FxHashMap<NamespaceKey, Vec<ObjectId>>);

impl LimitRanges {
    fn find_out(snapshot: &Snapshot) -> LimitRanges {
        let mut ranges: FxHashMap<NamespaceKey, Vec<ObjectId>> = FxHashMap::default();
        let of_containers = |item: LimitRangeItem<'_>| item.kind().get() == Some("Container");
        for range in snapshot.of_kind(Kind::LIMIT_RANGE) {
            if !spec::<LimitRangeSpec<'_>>(range).limits().iter().any(of_containers) {
                continue;
            }
            ranges.entry(NamespaceKey::of(range)).or_default().push(range.id());
        }
        LimitRanges(ranges)
    }
}

/// The LimitRanges of a pod's namespace. A check that asks lists `Kind::LIMIT_RANGE` in `reads`.
pub(crate) fn limit_ranges_of<'a>(pod: &Pod<'_>, cx: &Cx<'a>) -> Vec<&'a Object> {
    let ranges = cx.shared(|snapshot, _| LimitRanges::find_out(snapshot));
    let near = ranges.0.get(&NamespaceKey::of(pod.object)).map_or(&[][..], Vec::as_slice);
    near.iter().filter_map(|id| cx.object_of(*id)).filter(|range| same_namespace(range, pod.object)).collect()
}

/// The PodDisruptionBudgets that guard a pod. A check that asks lists `Kind::POD_DISRUPTION_BUDGET` in `reads`.
pub(crate) fn budgets_of<'a>(pod: &Pod<'_>, cx: &Cx<'a>) -> Vec<&'a Object> {
    let selectors = selectors(cx);
    let template = selectors.pods().template(pod);
    let ids = template.map_or(&[][..], |template| selectors.budgets(template));
    ids.iter().filter_map(|id| cx.object_of(*id)).collect()
}

/// The objects whose pods a PodDisruptionBudget guards, each once, without those that another of them made (a live
/// ReplicaSet's pods). A check that asks lists the kinds of workloads in `reads`.
pub(crate) fn guarded<'a>(budget: &Object, cx: &Cx<'a>) -> Vec<&'a Object> {
    let Some(selector) = budget_selector(budget) else { return Vec::new() };
    let selectors = selectors(cx);
    let pods = selectors.pods();
    let mut ids: Vec<ObjectId> =
        pods.selected(cx.snapshot(), budget, &selector).into_iter().map(|template| pods.object(template)).collect();
    ids.sort_unstable();
    ids.dedup();
    let objects = ids.into_iter().filter_map(|id| cx.object_of(id));
    objects.filter(|object| cx.snapshot().controller_of(object).is_none()).collect()
}
