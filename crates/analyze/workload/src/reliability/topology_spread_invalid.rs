//! `reliability/topology-spread-invalid`

use ironclad_check::{Cx, Meta};
use ironclad_model::Spot;
use ironclad_model::{LabelSelector, Severity};
use ironclad_views::{Pod, TopologySpread};

pub(super) static META: Meta = Meta {
    id: "reliability/topology-spread-invalid",
    title: "topology spread constraint that is refused or spreads nothing",
    severity: Severity::High,
    page: include_str!("topology_spread_invalid.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    for constraint in pod.spec.topology_spread_constraints().iter() {
        let skew = constraint.max_skew();
        match skew.get() {
            Some(count) if count > 0 => {}
            Some(count) => refused(cx, skew.spot(), format!("`maxSkew` is {count}, and must be at least 1")),
            None if !skew.is_set() => {
                refused(cx, skew.spot(), "a topology spread constraint needs `maxSkew`".to_owned())
            }
            None => {}
        }
        let key = constraint.topology_key();
        if key.get().map_or(!key.is_set(), str::is_empty) {
            refused(cx, key.spot(), "a topology spread constraint needs `topologyKey`".to_owned());
        }
        let otherwise = constraint.when_unsatisfiable();
        match otherwise.get() {
            Some("DoNotSchedule" | "ScheduleAnyway") => {}
            Some(other) => {
                refused(
                    cx,
                    otherwise.spot(),
                    format!("`whenUnsatisfiable` is `{other}`, neither `DoNotSchedule` nor `ScheduleAnyway`"),
                );
            }
            None if !otherwise.is_set() => {
                refused(cx, otherwise.spot(), "a topology spread constraint needs `whenUnsatisfiable`".to_owned());
            }
            None => {}
        }
        let domains = constraint.min_domains();
        if let Some(count) = domains.get() {
            if count <= 0 {
                refused(cx, domains.spot(), format!("`minDomains` is {count}, and must be at least 1"));
            } else if otherwise.get() == Some("ScheduleAnyway") {
                refused(cx, domains.spot(), "`minDomains` goes with `DoNotSchedule` alone".to_owned());
            }
        }
        selector(constraint, pod, cx);
    }
}

fn refused(cx: &mut Cx<'_>, at: Spot<'_>, message: String) {
    cx.find(at, message).label("the API server refuses it");
}

/// The constraint counts the pods that its selector matches: without its own among them it spreads nothing.
fn selector(constraint: TopologySpread<'_>, pod: &Pod<'_>, cx: &mut Cx<'_>) {
    let spot = constraint.label_selector();
    let Some(node) = spot.node().filter(|node| !node.is_null()) else {
        cx.find(spot, "a topology spread constraint without `labelSelector`")
            .label("it counts no pods, and spreads nothing");
        return;
    };
    match LabelSelector::of(node) {
        Err(error) => refused(cx, spot, error.to_string()),
        Ok(selector) if !selector.matches(pod.metadata.labels().node()) => {
            let labels = pod.metadata.labels();
            cx.find(spot, "a topology spread constraint whose selector does not match the pod's own labels")
                .label("it spreads other pods than these")
                .related(labels.spot(), "the labels of these pods");
        }
        Ok(_) => {}
    }
}
