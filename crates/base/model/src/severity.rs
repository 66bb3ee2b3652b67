//! How bad a finding is.

use std::{fmt, str::FromStr};

/// Severity of a finding, least first, so that `>=` compares with a threshold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Worth knowing; never a defect by itself.
    Info,
    /// A weakness that needs another one to matter.
    Low,
    /// Weakens a defence.
    Medium,
    /// Removes a defence.
    High,
    /// The node or the cluster is there for the taking.
    Critical,
}

impl Severity {
    /// All severities, worst first (the order of every table that we print).
    pub const ALL: [Severity; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The name used in every output and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|v| v.as_str() == s)
            .ok_or_else(|| format!("unknown severity `{s}`: one of critical, high, medium, low, info"))
    }
}
