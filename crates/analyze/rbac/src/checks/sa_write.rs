//! `rbac/sa-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/sa-write",
    title: "ServiceAccounts may be written",
    severity: Severity::Medium,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1098"],
    page: include_str!("sa_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(WRITE, &[("", "serviceaccounts")])],
    cluster: Severity::Medium,
    namespace: Severity::Medium,
    what: "change ServiceAccounts, and with them pull secrets and cloud identities",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
