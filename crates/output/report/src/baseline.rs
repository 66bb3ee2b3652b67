//! The findings that a team has decided to live with for now.
//!
//! One JSON document with one line for each finding, sorted, without lines or columns of manifests: what moves changes
//! nothing, what is new or gone is one line of a diff.

use ironclad_model::{Finding, Snapshot, Status};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// Name and version of the format.
const SCHEMA: &str = "ironclad.baseline/v1";

/// Known findings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Baseline {
    entries: Vec<Entry>,
}

/// A known finding: its fingerprint decides, the rest is for people.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Id of the check.
    pub check: String,
    /// The object, as `Kind namespace/name`.
    pub object: String,
    /// The container, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// As in reports.
    pub fingerprint: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.check, self.object)?;
        match &self.container {
            Some(container) => write!(f, ", container \"{container}\""),
            None => Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct Document {
    schema: String,
    findings: Vec<Entry>,
}

impl Baseline {
    /// The findings that count, and those that a baseline knew before.
    pub fn of(findings: &[Finding], snapshot: &Snapshot) -> Baseline {
        let kept = findings.iter().filter(|finding| matches!(finding.status, Status::Open | Status::Baselined));
        let mut entries: Vec<Entry> = kept
            .map(|finding| Entry {
                check: finding.check.to_owned(),
                object: match snapshot.object(finding.object) {
                    Some(object) => object.identity().to_string(),
                    None => finding.source_name(snapshot).to_owned(),
                },
                container: finding.container.clone(),
                fingerprint: finding.fingerprint.clone(),
            })
            .collect();
        entries.sort();
        entries.dedup();
        Baseline { entries }
    }

    /// Reads a file; the error says where and what.
    pub fn parse(text: &str) -> Result<Baseline, String> {
        let document: Document = serde_json::from_str(text).map_err(|error| format!("not a baseline: {error}"))?;
        if document.schema != SCHEMA {
            return Err(format!("not a baseline that this version reads: `{}`, not `{SCHEMA}`", document.schema));
        }
        Ok(Baseline { entries: document.findings })
    }

    /// What the findings are known by.
    pub fn fingerprints(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.fingerprint.as_str())
    }

    /// Entries that none of these findings has.
    pub fn stale<'a>(&'a self, findings: &[Finding]) -> impl Iterator<Item = &'a Entry> {
        let there: BTreeSet<String> = findings.iter().map(|finding| finding.fingerprint.clone()).collect();
        self.entries.iter().filter(move |entry| !there.contains(&entry.fingerprint))
    }

    /// Number of findings.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// No finding?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\"schema\": \"{SCHEMA}\", \"findings\": [")?;
        for (index, entry) in self.entries.iter().enumerate() {
            let line = serde_json::to_string(entry).map_err(|_| fmt::Error)?;
            write!(f, "{}\n{line}", if index > 0 { "," } else { "" })?;
        }
        writeln!(f, "{}]}}", if self.entries.is_empty() { "" } else { "\n" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let entry = |check: &str| Entry {
            check: check.to_owned(),
            object: "Pod web".to_owned(),
            container: Some("a \"b\"".to_owned()),
            fingerprint: "00ff".to_owned(),
        };
        for entries in [vec![], vec![entry("a")], vec![entry("a"), entry("b")]] {
            let baseline = Baseline { entries };
            assert_eq!(Baseline::parse(&baseline.to_string()), Ok(baseline.clone()));
            assert_eq!(baseline.to_string().lines().count(), if baseline.is_empty() { 1 } else { baseline.len() + 2 });
        }
    }

    #[test]
    fn what_is_no_baseline_is_refused() {
        for (text, word) in [
            ("", "EOF"),
            ("{\"schema\": \"ironclad.findings/v1\", \"findings\": []}", "ironclad.findings/v1"),
            ("{\"schema\": \"ironclad.baseline/v1\", \"findings\": [{}]}", "missing field"),
            ("- a", "line 1"),
        ] {
            let error = Baseline::parse(text).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
