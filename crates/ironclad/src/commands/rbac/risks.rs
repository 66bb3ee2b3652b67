//! What the rbac checks say of the rights that subjects hold: the same judgement as `rbac audit`, for views that ask whose
//! and where, not which line.

use crate::catalogue;
use ironclad_check::waive::holders;
use ironclad_check::{RunConfig, Selection, run};
use ironclad_model::{ObjectId, Severity, Snapshot};
use std::collections::BTreeSet;

/// A risky right that somebody holds.
pub(crate) struct Risk {
    pub(crate) check: &'static str,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    /// The role or binding that it is reported at.
    pub(crate) object: ObjectId,
    /// Others that take part: the binding, the role of a second right.
    pub(crate) related: Vec<ObjectId>,
    /// Labels of the holders.
    pub(crate) subjects: BTreeSet<String>,
}

/// Every risky right of the snapshot that somebody holds, the worst first.
pub(crate) fn of(snapshot: &Snapshot, version: u8) -> Vec<Risk> {
    let selection = Selection { select: vec!["rbac/".to_owned()], ..Selection::default() };
    // The names are ours: they select what they say.
    let enabled = selection.resolve(&catalogue()).unwrap_or_default();
    let config = RunConfig { enabled, version, forget_edits: true, ..RunConfig::default() };
    let mut risks: Vec<Risk> = run(snapshot, &config)
        .findings
        .into_iter()
        .filter_map(|finding| {
            let subjects: BTreeSet<String> = holders(&finding).into_iter().collect();
            (!subjects.is_empty()).then(|| Risk {
                check: finding.check,
                severity: finding.severity,
                subjects,
                object: finding.object,
                related: finding.related.iter().map(|related| related.object).collect(),
                message: finding.message,
            })
        })
        .collect();
    risks.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.check.cmp(b.check)));
    risks
}
