//! `reliability/pdb-blocks-drain`

use crate::joins;
use ironclad_check::{Cx, Meta};
use ironclad_model::Spot;
use ironclad_model::{Kind, Object, Severity};
use ironclad_pod::{ReplicaSource, SCALERS, Share, is_replicated, is_zero, replicas};
use ironclad_views::{BudgetSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/pdb-blocks-drain",
    title: "PodDisruptionBudget that allows no disruption",
    severity: Severity::High,
    reads: &[Kind::POD_DISRUPTION_BUDGET, Kind::ANY_POD, Kind::HORIZONTAL_POD_AUTOSCALER, Kind::SCALED_OBJECT],
    page: include_str!("pdb_blocks_drain.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(budget: &Object, cx: &mut Cx<'_>) {
    let spec = spec::<BudgetSpec<'_>>(budget);
    let most = spec.max_unavailable();
    if most.get().is_some_and(is_zero) {
        blocks(cx, most.spot(), "`maxUnavailable` is 0: no pod may be evicted".to_owned());
    }
    let least = spec.min_available();
    match least.get().and_then(Share::of) {
        Some(Share::Percent(percent)) if percent >= 100 => {
            blocks(cx, least.spot(), format!("`minAvailable` is {percent}%: no pod may be evicted"));
        }
        Some(share) => against_replicas(budget, share, least.spot(), cx),
        None => {}
    }
}

fn blocks(cx: &mut Cx<'_>, at: Spot<'_>, message: String) {
    cx.find(at, message).label("draining a node with such a pod never ends");
}

/// Holds `minAvailable` against all the pods that the budget selects, as the disruption controller counts them.
fn against_replicas(budget: &Object, share: Share, at: Spot<'_>, cx: &mut Cx<'_>) {
    let guarded = joins::guarded(budget, cx);
    let scaling = joins::scaling(cx);
    let (mut total, mut guessed) = (0i64, false);
    for workload in &guarded {
        if workload.kind() == Kind::POD {
            total = total.saturating_add(1);
        } else if is_replicated(workload.kind()) {
            let replicas = scaling.replicas(workload, cx.snapshot());
            total = total.saturating_add(replicas.least);
            guessed |= replicas.source == ReplicaSource::Default;
        } else {
            // How many pods a DaemonSet or a custom kind has is not in the manifests.
            return;
        }
    }
    let wanted = share.of_pods(total);
    if total <= 0 || wanted < total {
        return;
    }
    // Where nothing says how many there are, an autoscaler that was not seen may.
    if guessed {
        cx.context(&SCALERS);
    }
    let pods = if total == 1 { "1 pod".to_owned() } else { format!("{total} pods") };
    let message = match share {
        Share::Percent(percent) => format!("`minAvailable` of {percent}% is {wanted} of {pods}: none may be evicted"),
        Share::Count(_) => format!("`minAvailable` is {wanted}, and it guards {pods}: none may be evicted"),
    };
    let mut finder = cx.find(at, message).label("draining a node with such a pod never ends");
    for workload in guarded.iter().take(3) {
        let field = replicas(workload).spot();
        finder = finder.related_in(workload, field, "how many there are");
    }
}
