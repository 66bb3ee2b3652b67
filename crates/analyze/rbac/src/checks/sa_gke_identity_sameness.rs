//! `rbac/sa-gke-identity-sameness`

use crate::cloud::{GOOGLE_ACCOUNT, annotation};
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/sa-gke-identity-sameness",
    title: "ServiceAccount that is the same in every cluster of the project",
    severity: Severity::Info,
    reads: &[Kind::SERVICE_ACCOUNT],
    tags: &["mitre:T1078"],
    page: include_str!("sa_gke_identity_sameness.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let Some((value, account)) = annotation(object, GOOGLE_ACCOUNT) else { return };
    // The project of the cluster is not written here; that of the Google account may be another one.
    let place = object.namespace().unwrap_or("NAMESPACE");
    let principal = format!("PROJECT.svc.id.goog[{place}/{}]", object.name());
    cx.find(value, format!("any cluster of the project or fleet that has `{principal}` may act as `{account}`"))
        .label("who may make that namespace and account in one of them has it in all");
}
