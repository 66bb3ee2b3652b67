//! Secrets that were seen somewhere in a reading, for the places where nothing else tells them from other words: an
//! argument of a script, a note in an annotation.
//!
//! Invariant: of a secret only a hash is kept, under keys that no other run has.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

/// Shorter ones stand anywhere by chance.
const SHORTEST: usize = 6;
/// From this length on a word is no other's, unless it is one of small letters.
const LONG: usize = 8;
/// From this length on it is no other's whatever it is made of: few words are as long.
const LONGEST_WORD: usize = 16;

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

/// Would a text that is equal stand somewhere by chance? `production` and `8080` do, and are the passwords of somebody; to
/// hide them everywhere would hide what the checks look at, and tell who reads the marks where else the password stands.
fn is_distinct(text: &str) -> bool {
    if text.len() >= LONGEST_WORD {
        return true;
    }
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    if text.len() >= LONG {
        return !text.bytes().all(|byte| byte.is_ascii_lowercase());
    }
    // `hunter2`, `Pa55w0`: letters and something else, and nothing that makes a name, a version or an address of it.
    let mixed = has(u8::is_ascii_lowercase) && (has(u8::is_ascii_uppercase) || has(u8::is_ascii_digit))
        || has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    text.len() >= SHORTEST && mixed && !has(|byte| matches!(byte, b'.' | b'-' | b'/' | b':' | b'_'))
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
        known.learn("hunter2", plain);
        known.learn("node-1", plain);
        known.learn("correcthorsebattery", plain);
        let (first, second): (&[&str], &[&str]) = (&["s3cr3t-Pa.ss"], &["with/slash:9+"]);
        for (text, found) in [
            ("s3cr3t-Pa.ss", first),
            (" s3cr3t-Pa.ss\n", first),
            ("curl -u admin:s3cr3t-Pa.ss https://h", first),
            ("https://u:s3cr3t-Pa.ss@h/d", first),
            ("echo 'with/slash:9+' | sh", second),
            ("s3cr3t-Pa.ssx xs3cr3t-Pa.ss", &[]),
            ("--environment=production Sh0rt node-1", &[]),
            ("login root hunter2 hunter22", &["hunter2"]),
            ("say correcthorsebattery", &["correcthorsebattery"]),
        ] {
            let mut got: Vec<&str> = known.find(text).into_iter().map(|range| &text[range]).collect();
            got.dedup();
            assert_eq!(got, found, "{text}");
        }
    }
}
