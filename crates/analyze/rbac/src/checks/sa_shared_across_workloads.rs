//! `rbac/sa-shared-across-workloads`

use crate::accounts::{ACCOUNT_READS, accounts};
use crate::facts::facts;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity, Spot};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-shared-across-workloads",
    title: "ServiceAccount with rights, shared by workloads",
    severity: Severity::Info,
    profile: Profile::CrossObject,
    reads: ACCOUNT_READS,
    page: include_str!("sa_shared_across_workloads.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let (accounts, facts) = (accounts(cx), facts(cx));
    for object in cx.objects(Kind::SERVICE_ACCOUNT) {
        let users = accounts.pods_of(object);
        let bound = accounts.subject(&facts, object).is_some_and(|id| facts.world.bindings_of(id).next().is_some());
        // `default` is for `rbac/default-sa-privileged`.
        if users.len() < 2 || !bound || object.name() == "default" {
            continue;
        }
        let at = Spot::at(object.root()).field(f::METADATA).field(f::NAME);
        let message = format!("{} workloads share ServiceAccount \"{}\" and its rights", users.len(), object.name());
        let related: Vec<_> = users.iter().take(6).filter_map(|id| cx.object_of(*id)).collect();
        let mut finder = cx.find_in(object, at, message);
        for workload in related {
            finder = finder.related_in(workload, workload.root(), "runs as it");
        }
    }
}
