//! `rbac/sa-subject-wrong-namespace`

use crate::facts::facts;
use crate::bindings::{Named, account, subjects};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};

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
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let Some((namespace, name)) = account(&facts, subject, object) else { continue };
        if name == "default" || cx.named(Kind::SERVICE_ACCOUNT, namespace, name).is_some() {
            continue;
        }
        let accounts = cx.objects(Kind::SERVICE_ACCOUNT);
        // A namespace that is not written may be any.
        let other = accounts.into_iter().find(|other| other.name() == name && other.namespace().is_some() && namespace.is_some());
        let Some(other) = other else { continue };
        let home = other.namespace().unwrap_or_default();
        let role = facts.world.role_ref_label(binding);
        let message = format!("{} does not exist, and is bound to {role}; one of that name is in namespace \"{home}\"", facts.subject(subject));
        cx.find_in(object, named.node(&facts), message).related_in(other, other.root(), "this one");
    }
}
