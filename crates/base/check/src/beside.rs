//! What a cluster says beside its objects, and which checks ask for it.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// What a check asks a cluster for besides objects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fact {
    /// Which deprecated APIs were asked for: `apiserver_requested_deprecated_apis` of the API server's metrics.
    DeprecatedRequests,
    /// Secrets of this `type` told from others: their metadata does not say it.
    SecretType(&'static str),
    /// Values of Secrets. They are read only where a person says so, and no check sees them: only whether a text is one.
    SecretValues,
}

/// A fact, or why it is not known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told<T> {
    /// It is known.
    Yes(T),
    /// It is not, for this reason.
    No(String),
}

impl<T> Default for Told<T> {
    fn default() -> Self {
        Told::No("only a live cluster tells".to_owned())
    }
}

/// A deprecated API that somebody asked for since the API server began.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DeprecatedUse {
    /// API group, empty for the core group.
    pub group: String,
    /// Version.
    pub version: String,
    /// `flowschemas`, with a subresource `pods/status`.
    pub resource: String,
    /// The first minor version (`1.32`) that does not serve it, where that is decided.
    pub removed: Option<String>,
}

/// Everything that a cluster says beside its objects.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// Deprecated APIs that were asked for, sorted.
    pub deprecated: Told<Vec<DeprecatedUse>>,
    /// Which texts are values of Secrets.
    pub secrets: Told<SecretMarks>,
}

/// Where the value of a Secret is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SecretPlace {
    /// Namespace of the Secret.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The key.
    pub key: String,
}

/// Tells whether a text is the value of a Secret, without having any of the values.
///
/// A value goes in and leaves 128 bits, keyed with what only this process knows and nobody sees.
#[derive(Clone, Debug, Default)]
pub struct SecretMarks {
    keys: [RandomState; 2],
    places: HashMap<u128, SecretPlace>,
}

/// Shorter values stand by chance in many places.
const SHORTEST: usize = 8;

impl PartialEq for SecretMarks {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl SecretMarks {
    /// Remembers a value; of equal ones the first place. Short ones are not worth it.
    pub fn insert(&mut self, value: &str, place: SecretPlace) {
        let value = value.trim();
        if value.len() >= SHORTEST {
            self.places.entry(self.mark(value)).or_insert(place);
        }
    }

    /// Where this text is the value of a Secret.
    pub fn find(&self, text: &str) -> Option<&SecretPlace> {
        let text = text.trim();
        if text.len() < SHORTEST || self.places.is_empty() {
            return None;
        }
        self.places.get(&self.mark(text))
    }

    fn mark(&self, value: &str) -> u128 {
        let half = |key: &RandomState| {
            let mut hasher = key.build_hasher();
            hasher.write(value.as_bytes());
            u128::from(hasher.finish())
        };
        half(&self.keys[0]) << 64 | half(&self.keys[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_known_and_not_kept() {
        let place = SecretPlace { namespace: "n".to_owned(), name: "db".to_owned(), key: "password".to_owned() };
        let mut marks = SecretMarks::default();
        marks.insert("hunter2-Zx81Qv\n", place.clone());
        marks.insert("short", place.clone());
        assert_eq!(marks.find("hunter2-Zx81Qv"), Some(&place));
        assert_eq!((marks.find("hunter2-Zx81Qw"), marks.find("short"), marks.find("")), (None, None, None));
        assert!(!format!("{marks:?}").contains("hunter2"));
    }
}
