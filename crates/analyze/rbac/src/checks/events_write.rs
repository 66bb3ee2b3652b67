//! `rbac/events-write`

use crate::facts::READS;
use crate::risk::{Named, Need, Risk, WRITE, report_people};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/events-write",
    title: "events may be written",
    severity: Severity::Low,
    profile: Profile::CrossObject,
    reads: READS,
    tags: &["mitre:T1070"],
    page: include_str!("events_write.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(WRITE, &[("", "events"), ("events.k8s.io", "events")])],
    cluster: Severity::Low,
    namespace: Severity::Low,
    what: "write events that say what they like",
    named: Named::Lower,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    report_people(cx, &RISK);
}
