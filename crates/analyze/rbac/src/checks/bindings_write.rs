//! `rbac/bindings-write`

use super::bind;
use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report_without};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/bindings-write",
    title: "bindings may be written",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1098.006"],
    page: include_str!("bindings_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[("rbac.authorization.k8s.io", "rolebindings"), ("rbac.authorization.k8s.io", "clusterrolebindings")],
    )],
    cluster: Severity::Medium,
    namespace: Severity::Low,
    what: "write bindings, and so pass on what they hold",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    // Who may bind as well can do more, and that is told there.
    report_without(cx, &RISK, (bind::META.id, &[&bind::RISK, &bind::OF_ROLES]));
}
