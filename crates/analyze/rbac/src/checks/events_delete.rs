//! `rbac/events-delete`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/events-delete",
    title: "events may be deleted",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1070"],
    page: include_str!("events_delete.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(&["delete", "deletecollection"], &[("", "events"), ("events.k8s.io", "events")])],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: "delete events, and with them traces",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report(cx, &RISK);
}
