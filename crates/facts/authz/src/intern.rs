//! Texts as numbers. Looking a text up never adds it: a request cannot make the index grow.

use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// Number of a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Text(pub(crate) u32);

impl Text {
    /// `""`
    pub(crate) const EMPTY: Text = Text(0);
    /// `*`
    pub(crate) const STAR: Text = Text(1);
    /// Of no text: equal to none that a rule holds.
    pub(crate) const UNKNOWN: Text = Text(u32::MAX);
}

/// The texts of an index: one arena, found by their hash. Texts of one hash are a chain.
#[derive(Debug)]
pub(crate) struct Texts {
    arena: String,
    ends: Vec<u32>,
    /// Of a hash, the last text that has it.
    heads: FxHashMap<u64, u32>,
    /// Of a text, the one before it with the same hash.
    before: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Texts {
    pub(crate) fn new() -> Texts {
        let mut texts =
            Texts { arena: String::new(), ends: Vec::new(), heads: FxHashMap::default(), before: Vec::new() };
        texts.intern("");
        texts.intern("*");
        texts
    }

    pub(crate) fn intern(&mut self, text: &str) -> Text {
        let hash = hash(text);
        if let Some(found) = self.in_chain(hash, text) {
            return found;
        }
        let number = self.ends.len() as u32;
        self.arena.push_str(text);
        self.ends.push(self.arena.len() as u32);
        self.before.push(self.heads.insert(hash, number).unwrap_or(NONE));
        Text(number)
    }

    pub(crate) fn find(&self, text: &str) -> Text {
        self.in_chain(hash(text), text).unwrap_or(Text::UNKNOWN)
    }

    fn in_chain(&self, hash: u64, text: &str) -> Option<Text> {
        let mut at = self.heads.get(&hash).copied().unwrap_or(NONE);
        while at != NONE {
            if self.get(Text(at)) == text {
                return Some(Text(at));
            }
            at = self.before.get(at as usize).copied().unwrap_or(NONE);
        }
        None
    }

    pub(crate) fn get(&self, text: Text) -> &str {
        let index = text.0 as usize;
        let Some(end) = self.ends.get(index) else { return "" };
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.arena.get(start as usize..*end as usize).unwrap_or_default()
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_numbers() {
        let mut texts = Texts::new();
        let numbers: Vec<Text> = (0..5_000).map(|n| texts.intern(&format!("t{n}"))).collect();
        for (n, number) in numbers.iter().enumerate() {
            assert_eq!(texts.intern(&format!("t{n}")), *number);
            assert_eq!(texts.get(*number), format!("t{n}"));
        }
        assert_eq!((texts.find(""), texts.find("*"), texts.find("none")), (Text::EMPTY, Text::STAR, Text::UNKNOWN));
        assert_eq!(texts.get(Text::UNKNOWN), "");
    }
}
