//! `rbac/dangling-sa-subject`

use crate::bindings::{Named, account, subjects};
use crate::facts::facts;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use rustc_hash::FxHashSet;

pub(super) static META: Meta = Meta {
    id: "rbac/dangling-sa-subject",
    title: "binding of a ServiceAccount that does not exist",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: &[Kind::ROLE, Kind::CLUSTER_ROLE, Kind::ROLE_BINDING, Kind::CLUSTER_ROLE_BINDING, Kind::SERVICE_ACCOUNT],
    page: include_str!("dangling_sa_subject.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let facts = facts(cx);
    // Looked up for every subject of every binding: once a run, not once a subject.
    let known: FxHashSet<&str> = cx.objects(Kind::SERVICE_ACCOUNT).into_iter().map(Object::name).collect();
    for named @ Named { binding, subject, object } in subjects(&facts, cx) {
        let Some((namespace, name)) = account(&facts, subject, object) else { continue };
        // One of this name in another namespace is `rbac/sa-subject-wrong-namespace`.
        if name == "default" || known.contains(name) {
            continue;
        }
        // Controllers of kube-system are made by the API server's own.
        if namespace == Some("kube-system") {
            continue;
        }
        cx.context(&[Kind::SERVICE_ACCOUNT]);
        let role = facts.world.role_ref_label(binding);
        cx.find_in(
            object,
            named.node(&facts),
            format!("{} does not exist, and is bound to {role}", facts.subject(subject)),
        )
        .label("whoever may create it has the role");
    }
}
