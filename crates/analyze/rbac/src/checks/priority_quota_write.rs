//! `rbac/priority-quota-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/priority-quota-write",
    title: "priorities and quotas may be written",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1496"],
    page: include_str!("priority_quota_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(WRITE, &[("scheduling.k8s.io", "priorityclasses"), ("", "resourcequotas"), ("", "limitranges")])],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: "change priorities, quotas and limits",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
