//! `rbac/aggregate-label`

use crate::facts::READS;
use crate::risk::{CHANGE, Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/aggregate-label",
    title: "ClusterRoles may be labelled into the default roles",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1098.006"],
    page: include_str!("aggregate_label.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(CHANGE, &[("rbac.authorization.k8s.io", "clusterroles")])],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: "add rules to the default roles by a label",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
