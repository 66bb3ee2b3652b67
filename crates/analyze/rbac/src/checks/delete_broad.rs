//! `rbac/delete-broad`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/delete-broad",
    title: "namespaces, volumes or Secrets may be deleted",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1485"],
    page: include_str!("delete_broad.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        &["delete", "deletecollection"],
        &[("", "namespaces"), ("", "persistentvolumes"), ("", "secrets")],
    )],
    cluster: Severity::High,
    namespace: Severity::Medium,
    what: "delete namespaces, volumes or Secrets",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
