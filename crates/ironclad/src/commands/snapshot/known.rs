//! Secrets that were seen somewhere in a reading, for the places where nothing else tells them from other words: an
//! argument of a script, a note in an annotation.
//!
//! Invariant: of a secret only a hash is kept, under keys that no other run has.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

/// Shorter ones are words that stand anywhere.
const SHORTEST: usize = 8;

/// Hashes of secrets.
#[derive(Default)]
pub(super) struct Known {
    keys: (RandomState, RandomState),
    hashes: HashSet<u128>,
}

impl Known {
    /// Takes note of a secret, and of how it is written in base64.
    pub(super) fn learn(&mut self, secret: &str, encode: impl Fn(&str) -> String) {
        let secret = secret.trim();
        if !is_distinct(secret) {
            return;
        }
        let once = encode(secret);
        let twice = encode(&once);
        for form in [secret, once.trim_end_matches('='), twice.trim_end_matches('=')] {
            let hash = self.hash(form);
            self.hashes.insert(hash);
        }
    }

    /// Where known secrets stand in a text: as the whole, as a word, or between the marks that part words of a URL, an
    /// assignment, a list.
    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if self.hashes.is_empty() || text.len() < SHORTEST {
            return found;
        }
        let cuts: [fn(char) -> bool; 3] = [
            |c| c.is_whitespace() || matches!(c, '"' | '\'' | '`'),
            |c| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '=' | ':' | ',' | ';'),
            |c| {
                c.is_whitespace()
                    || !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '!' | '$' | '#' | '~'))
            },
        ];
        let mut look = |range: Range<usize>| {
            let word = text.get(range.clone()).unwrap_or_default();
            let word = word.trim_end_matches('=');
            if is_distinct(word) && self.hashes.contains(&self.hash(word)) {
                found.push(range);
            }
        };
        let start = text.len() - text.trim_start().len();
        look(start..start + text.trim().len());
        for is_cut in cuts {
            let mut from = 0;
            for (at, cut) in text.match_indices(is_cut).chain([(text.len(), "")]) {
                if at > from {
                    look(from..at);
                }
                from = at + cut.len();
            }
        }
        found
    }

    fn hash(&self, text: &str) -> u128 {
        let (first, second) = &self.keys;
        u128::from(first.hash_one(text)) << 64 | u128::from(second.hash_one(text))
    }
}

/// A word of small letters alone is a word.
fn is_distinct(text: &str) -> bool {
    text.len() >= SHORTEST && !text.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_secrets_are_found_wherever_words_part() {
        let mut known = Known::default();
        let plain = |text: &str| text.to_owned();
        known.learn("s3cr3t-Pa.ss", plain);
        known.learn("with/slash:9+", plain);
        known.learn("production", plain);
        known.learn("Sh0rt", plain);
        let (first, second): (&[&str], &[&str]) = (&["s3cr3t-Pa.ss"], &["with/slash:9+"]);
        for (text, found) in [
            ("s3cr3t-Pa.ss", first),
            (" s3cr3t-Pa.ss\n", first),
            ("curl -u admin:s3cr3t-Pa.ss https://h", first),
            ("https://u:s3cr3t-Pa.ss@h/d", first),
            ("echo 'with/slash:9+' | sh", second),
            ("s3cr3t-Pa.ssx xs3cr3t-Pa.ss", &[]),
            ("--environment=production Sh0rt", &[]),
        ] {
            let mut got: Vec<&str> = known.find(text).into_iter().map(|range| &text[range]).collect();
            got.dedup();
            assert_eq!(got, found, "{text}");
        }
    }
}
