//! Selectors over labels that are not all known.

use ironclad_model::{LabelSelector, Requirement};

/// Does it match?
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Answer {
    /// It does not.
    No,
    /// The input does not say.
    Unknown,
    /// It does.
    Yes,
}

impl Answer {
    /// Both.
    pub fn and(self, other: Answer) -> Answer {
        self.min(other)
    }

    /// Either.
    pub fn or(self, other: Answer) -> Answer {
        self.max(other)
    }

    /// The opposite.
    pub fn negate(self) -> Answer {
        match self {
            Answer::No => Answer::Yes,
            Answer::Unknown => Answer::Unknown,
            Answer::Yes => Answer::No,
        }
    }

    /// Could it be?
    pub fn is_possible(self) -> bool {
        self != Answer::No
    }
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Answer::Yes } else { Answer::No }
    }
}

/// Does the selector match labels of which `unknown` names those that may be there without being written?
pub fn answer<'v>(
    selector: &LabelSelector,
    get: impl Fn(&str) -> Option<&'v str>,
    unknown: impl Fn(&str) -> bool,
) -> Answer {
    let one = |requirement: &Requirement| -> Answer {
        let key = requirement.key();
        let value = get(key);
        if value.is_none() && unknown(key) { Answer::Unknown } else { requirement.allows(value).into() }
    };
    selector.requirements().iter().map(one).fold(Answer::Yes, Answer::and)
}
