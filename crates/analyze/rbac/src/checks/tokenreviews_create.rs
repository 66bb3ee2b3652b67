//! `rbac/tokenreviews-create`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/tokenreviews-create",
    title: "tokens may be reviewed",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1528"],
    page: include_str!("tokenreviews_create.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["create"], &[("authentication.k8s.io", "tokenreviews")])],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: "find out whose token a token is",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
