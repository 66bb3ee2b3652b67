//! What a finding keeps of the waiver that covers it. Matching is `ironclad-check`'s, reading is `ironclad-config`'s.

use crate::Date;

/// The waiver of a waived finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// Why.
    pub reason: String,
    /// Who decided.
    pub by: Option<String>,
    /// Last day on which it holds.
    pub expires: Option<Date>,
    /// Where it is written: `deploy/web.yaml:12`.
    pub source: String,
    /// Which way of writing it: `comment`, `annotation`, `config`, `file`, or a peer's name.
    pub form: &'static str,
}
