//! What the rbac checks say of the rights that subjects hold: the same judgement as `rbac audit`, for views that ask whose
//! and where, not which line.

use crate::catalogue;
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
            let held = finding.evidence.iter().find(|(name, _)| *name == "subjects")?;
            Some(Risk {
                check: finding.check,
                severity: finding.severity,
                subjects: labels(&held.1),
                object: finding.object,
                related: finding.related.iter().map(|related| related.object).collect(),
                message: finding.message,
            })
        })
        .collect();
    risks.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.check.cmp(b.check)));
    risks
}

/// `User "alice", ServiceAccount "shop/ci"` as labels. What a name holds beside them is its own.
fn labels(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some((kind, tail)) = rest.split_once(" \"") {
        let end =
            ["\", User \"", "\", Group \"", "\", ServiceAccount \""].iter().filter_map(|mark| tail.find(mark)).min();
        let (name, next) = match end {
            Some(end) => (&tail[..end], &tail[end + 3..]),
            None => (tail.trim_end_matches('"'), ""),
        };
        found.insert(format!("{kind}:{name}"));
        rest = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::labels;

    #[test]
    fn names_keep_what_they_hold() {
        let found = labels("User \"a, \"b\"\", Group \"x\", ServiceAccount \"shop/ci\"");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["Group:x", "ServiceAccount:shop/ci", "User:a, \"b"]);
        assert!(labels("").is_empty());
    }
}
