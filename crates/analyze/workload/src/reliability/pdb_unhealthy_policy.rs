//! `reliability/pdb-unhealthy-policy`

use ironclad_check::{Cx, FixKind, Meta, Profile};
use ironclad_model::{Kind, Object, Safety, Severity};
use ironclad_views::{BudgetSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/pdb-unhealthy-policy",
    title: "PodDisruptionBudget that protects broken pods",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::POD_DISRUPTION_BUDGET],
    fix: FixKind::Safe,
    page: include_str!("pdb_unhealthy_policy.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(budget: &Object, cx: &mut Cx<'_>) {
    let policy = spec::<BudgetSpec<'_>>(budget).unhealthy_pod_eviction_policy();
    if !policy.is_set() {
        cx.find(policy, "budget does not set `unhealthyPodEvictionPolicy`")
            .label("a pod that never gets ready stops a drain")
            .fix_set("set `unhealthyPodEvictionPolicy: AlwaysAllow`", Safety::Safe, policy, "\"AlwaysAllow\"");
    }
}
