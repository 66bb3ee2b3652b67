//! Which Services and which disruption budgets select a pod template, for all of them at once.

use crate::{PodIndex, TemplateId};
use ironclad_model::{Kind, LabelSelector, Object, ObjectId, Snapshot};
use ironclad_views::{BudgetSpec, ServiceSpec, WorkloadKinds, spec};

/// Who selects whom.
pub struct Selectors {
    pods: PodIndex,
    services: Vec<Vec<ObjectId>>,
    budgets: Vec<Vec<ObjectId>>,
}

impl Selectors {
    /// Joins the Services and budgets of a snapshot with its pods.
    pub fn find_out(snapshot: &Snapshot, kinds: &WorkloadKinds) -> Selectors {
        let pods = PodIndex::find_out(snapshot, kinds);
        let join = |kind: Kind, selector: fn(&Object) -> Option<LabelSelector>| {
            let mut found = vec![Vec::new(); pods.len()];
            for object in snapshot.of_kind(kind) {
                let Some(selector) = selector(object) else { continue };
                for template in pods.selected(snapshot, object, &selector) {
                    if let Some(list) = found.get_mut(template.index()) {
                        list.push(object.id());
                    }
                }
            }
            found
        };
        let services = join(Kind::SERVICE, service_selector);
        let budgets = join(Kind::POD_DISRUPTION_BUDGET, budget_selector);
        Selectors { pods, services, budgets }
    }

    /// The templates themselves.
    pub fn pods(&self) -> &PodIndex {
        &self.pods
    }

    /// The Services that send to the pods of a template, in the order of the snapshot.
    pub fn services(&self, template: TemplateId) -> &[ObjectId] {
        self.services.get(template.index()).map_or(&[], Vec::as_slice)
    }

    /// The PodDisruptionBudgets that guard the pods of a template, in the order of the snapshot.
    pub fn budgets(&self, template: TemplateId) -> &[ObjectId] {
        self.budgets.get(template.index()).map_or(&[], Vec::as_slice)
    }
}

/// Whom a Service sends to; none where it has no selector, and sends to nobody that we know.
pub fn service_selector(service: &Object) -> Option<LabelSelector> {
    let node = spec::<ServiceSpec<'_>>(service).selector().node()?;
    (!node.is_empty()).then(|| LabelSelector::of_map(node))
}

/// Whom a budget guards. Nobody without a selector; with an empty one everybody, except in `policy/v1beta1`, where it
/// is nobody (`k8s.io/api/policy/v1beta1` says so). None where the API server refuses the selector.
pub fn budget_selector(budget: &Object) -> Option<LabelSelector> {
    let node = spec::<BudgetSpec<'_>>(budget).selector().node().filter(|node| !node.is_null())?;
    let selector = LabelSelector::of(node).ok()?;
    let beta = budget.api_version() == "policy/v1beta1";
    (!selector.is_empty() || !beta).then_some(selector)
}
