//! `rbac/sa-unused`

use crate::accounts::{ACCOUNT_READS, accounts};
use crate::facts::facts;
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity, Spot};
use ironclad_tree::f;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-unused",
    title: "ServiceAccount that nothing uses",
    severity: Severity::Info,
    profile: Profile::CrossObject,
    reads: ACCOUNT_READS,
    page: include_str!("sa_unused.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let (accounts, facts) = (accounts(cx), facts(cx));
    for object in cx.objects(Kind::SERVICE_ACCOUNT) {
        // The API server's own controllers use theirs without a pod.
        let own = object.name() == "default" || object.namespace() == Some("kube-system");
        let bound = accounts.subject(&facts, object).is_some_and(|id| facts.world.bindings_of(id).next().is_some());
        if own || bound || accounts.has_token(object) || !accounts.pods_of(object).is_empty() {
            continue;
        }
        cx.context(&[Kind::ANY_POD]);
        let at = Spot::at(object.root()).field(f::METADATA).field(f::NAME);
        cx.find_in(object, at, format!("no pod, binding or token is of ServiceAccount \"{}\"", object.name()));
    }
}
