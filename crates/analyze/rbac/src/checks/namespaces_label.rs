//! `rbac/namespaces-label`

use crate::facts::READS;
use crate::risk::{CHANGE, Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/namespaces-label",
    title: "namespaces may be changed",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1562"],
    page: include_str!("namespaces_label.md"),
    ..Meta::DEFAULT
};

static RISK: Risk = Risk {
    needs: &[Need::of(CHANGE, &[("", "namespaces")])],
    cluster: Severity::High,
    namespace: Severity::High,
    what: "drop Pod Security and policy labels of namespaces",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
