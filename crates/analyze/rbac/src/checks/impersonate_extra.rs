//! `rbac/impersonate-extra`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/impersonate-extra",
    title: "user attributes may be impersonated",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1078"],
    page: include_str!("impersonate_extra.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        &["impersonate"],
        &[("authentication.k8s.io", "userextras/*"), ("authentication.k8s.io", "uids")],
    )],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: "act with any extra attribute or uid",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
