//! Why an edit is not made.

use ironclad_tree::Source;
use std::fmt;
use std::sync::Arc;

/// A reason, with a stable code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `fix/…`, stable.
    pub code: &'static str,
    /// Lower case, no full stop.
    pub message: String,
    /// What to do instead.
    pub hint: &'static str,
}

impl Refusal {
    pub(crate) fn shape(message: impl Into<String>) -> Refusal {
        Refusal { code: "fix/shape", message: message.into(), hint: "edit this place by hand" }
    }

    pub(crate) fn alias(message: impl Into<String>) -> Refusal {
        Refusal {
            code: "fix/alias",
            message: message.into(),
            hint: "edit the anchor by hand, or write the value out where it differs",
        }
    }

    pub(crate) fn conflict() -> Refusal {
        Refusal {
            code: "fix/conflict",
            message: "overlaps another edit of the same text".to_owned(),
            hint: "run `ironclad fix` again, or edit this place by hand",
        }
    }

    /// The edited text does not read as the edits mean.
    pub(crate) fn unproved(shared: bool) -> Refusal {
        if shared {
            return Refusal::alias("the value is shared through an anchor, and not every use of it wants the change");
        }
        let message = "the edited text would not read as intended".to_owned();
        Refusal { code: "fix/damage", message, hint: "edit this place by hand" }
    }

    pub(crate) fn not_gone() -> Refusal {
        Refusal {
            code: "fix/not-gone",
            message: "the edit would not make the finding go away".to_owned(),
            hint: "edit this place by hand",
        }
    }

    pub(crate) fn new_finding(what: &str) -> Refusal {
        Refusal {
            code: "fix/new-finding",
            message: format!("the edit would bring a new finding: {what}"),
            hint: "edit both places by hand",
        }
    }

    pub(crate) fn rendered() -> Refusal {
        Refusal {
            code: "fix/rendered",
            message: "the object is rendered: no single text holds this field".to_owned(),
            hint: "edit the template or the values by hand",
        }
    }

    /// What a renderer printed cannot be edited where it comes from.
    pub(crate) fn printed(message: impl Into<String>) -> Refusal {
        Refusal { message: message.into(), ..Refusal::rendered() }
    }

    /// A base that the user did not name: who else stands on it is not known.
    pub(crate) fn outside(name: &str) -> Refusal {
        Refusal {
            code: "fix/shared",
            message: format!("`{name}` lies outside of what was named, and other kustomizations may stand on it"),
            hint: "name a folder that holds all that stand on it",
        }
    }

    pub(crate) fn value(message: impl Into<String>) -> Refusal {
        Refusal { code: "fix/value", message: message.into(), hint: "give another value" }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

/// An edit that was wanted and not made.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Id of the check whose finding stays.
    pub check: &'static str,
    /// The text, as it was when the edit was tried.
    pub text: Arc<Source>,
    /// Where in it the finding is.
    pub at: u32,
    /// What was wanted.
    pub title: String,
    /// Why not.
    pub refusal: Refusal,
}
