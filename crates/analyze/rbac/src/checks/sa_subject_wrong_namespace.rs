//! `rbac/sa-subject-wrong-namespace`

use crate::bindings::{Named, account, subjects};
use crate::facts::facts;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use rustc_hash::FxHashMap;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-subject-wrong-namespace",
    title: "ServiceAccount that is bound exists in another namespace",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: &[Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING, Kind::SERVICE_ACCOUNT],
    page: include_str!("sa_subject_wrong_namespace.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    // The first account of each name whose namespace is written: looked up for every subject, hence found out once.
    let mut homes: FxHashMap<&str, &Object> = FxHashMap::default();
    for account in cx.objects(Kind::SERVICE_ACCOUNT).into_iter().filter(|account| account.namespace().is_some()) {
        homes.entry(account.name()).or_insert(account);
    }
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let Some((namespace, name)) = account(&facts, subject, object) else { continue };
        if name == "default" || cx.named(Kind::SERVICE_ACCOUNT, namespace, name).is_some() {
            continue;
        }
        // A namespace that is not written may be any.
        let Some(other) = homes.get(name).copied().filter(|_| namespace.is_some()) else { continue };
        let home = other.namespace().unwrap_or_default();
        let role = facts.world.role_ref_label(binding);
        let message = format!(
            "{} does not exist, and is bound to {role}; one of that name is in namespace \"{home}\"",
            facts.subject(subject)
        );
        cx.find_in(object, named.node(&facts), message).related_in(other, other.root(), "this one");
    }
}
