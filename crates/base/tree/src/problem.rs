//! What is wrong with a text, and how much of it is read.

/// Bytes of the source text.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

/// How bad a problem is.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something was not read: the answer is incomplete.
    Error,
    /// Everything was read, and something about it is odd.
    Warning,
}

/// Something about the input that a person must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `input/…`, stable.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What, in one line.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// How much is read at most.
#[derive(Copy, Clone, Debug)]
pub struct Limits {
    /// Nesting of collections. kubectl's own limit.
    pub depth: usize,
    /// Size of one document, in bytes.
    pub document_bytes: usize,
    /// Nodes of one document, copies by alias included.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 10_000, document_bytes: 64 << 20, nodes: 8_000_000 }
    }
}

/// Why a document cannot be read. Boxed: it is rare, and results are passed for every token.
#[derive(Debug)]
pub(crate) struct Failure(Box<Problem>);

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(code: &'static str, start: usize, end: usize, message: impl Into<String>) -> Failure {
        Failure(Box::new(Problem {
            code,
            severity: Severity::Error,
            span: Span { start: start as u32, end: end.max(start) as u32 },
            message: message.into(),
            hint: None,
        }))
    }

    pub(crate) fn syntax(start: usize, end: usize, message: impl Into<String>) -> Failure {
        Failure::new("input/yaml-syntax", start, end, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.0.hint.get_or_insert(hint.into());
        self
    }

    pub(crate) fn into_problem(self) -> Problem {
        *self.0
    }

    pub(crate) fn problem(&self) -> &Problem {
        &self.0
    }
}
