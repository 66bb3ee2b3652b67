//! `rbac/op-velero`

use crate::facts::OPERATOR_READS;
use crate::risk::{Named, Need, Operator, Risk, WRITE, report_operator};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::Severity;

pub(super) static META: Meta = Meta {
    id: "rbac/op-velero",
    title: "backups and restores may be written",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: OPERATOR_READS,
    tags: &["mitre:T1552.007"],
    page: include_str!("op_velero.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::of(
        WRITE,
        &[
            ("velero.io", "backups"),
            ("velero.io", "restores"),
            ("velero.io", "schedules"),
            ("velero.io", "backupstoragelocations"),
        ],
    )],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "copy every object out, or bring any in, through Velero",
    named: Named::Lower,
};

static OPERATOR: Operator = Operator { name: "Velero", controllers: &["velero", "velero-server"], risks: &[&RISK] };

pub(super) fn check(cx: &mut Cx<'_>) {
    report_operator(cx, &OPERATOR);
}
