//! `reliability/pdb-no-policy`

use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_views::{BudgetSpec, spec};

pub(super) static META: Meta = Meta {
    id: "reliability/pdb-no-policy",
    title: "PodDisruptionBudget without one policy",
    severity: Severity::Medium,
    reads: &[Kind::POD_DISRUPTION_BUDGET],
    page: include_str!("pdb_no_policy.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(budget: &Object, cx: &mut Cx<'_>) {
    let spec = spec::<BudgetSpec<'_>>(budget);
    let (least, most) = (spec.min_available(), spec.max_unavailable());
    match (least.is_set(), most.is_set()) {
        (false, false) => {
            cx.find(spec.spot(), "budget sets neither `minAvailable` nor `maxUnavailable`")
                .label("it lets no pod be evicted");
        }
        (true, true) => {
            cx.find(most, "budget sets both `minAvailable` and `maxUnavailable`")
                .label("the API server refuses it")
                .related(least, "the other");
        }
        _ => {}
    }
}
