//! `rbac/roles-write`

use super::escalate;
use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report_without};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/roles-write",
    title: "roles may be written",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1098.006"],
    page: include_str!("roles_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(WRITE, &[("rbac.authorization.k8s.io", "roles"), ("rbac.authorization.k8s.io", "clusterroles")])],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: "write roles, within what they hold",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    // Who may escalate as well can do more, and that is told there.
    report_without(cx, &RISK, (escalate::META.id, &[&escalate::RISK, &escalate::OF_ROLES]));
}
