//! The search: one pass over the text for the keywords of all rules, then each rule whose keyword was seen, around it.

use crate::rules::{Confidence, RULES, Rule};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use regex::Regex;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// Something in a text that has the form of a secret.
#[derive(Clone, Debug)]
pub struct Leak {
    /// The rule.
    pub rule: &'static Rule,
    /// How sure.
    pub confidence: Confidence,
    /// The secret, in bytes of the text.
    pub range: Range<usize>,
}

struct Engine {
    keywords: Option<AhoCorasick>,
    /// Rule of each keyword.
    owners: Vec<usize>,
    /// Compiled on first need: most texts need none.
    patterns: Vec<OnceLock<Option<Regex>>>,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut owners = Vec::new();
    let mut keywords = Vec::new();
    for (index, rule) in RULES.iter().enumerate() {
        for keyword in rule.keywords {
            owners.push(index);
            keywords.push(*keyword);
        }
    }
    // The patterns are constants; the tests build them.
    let mut builder = AhoCorasickBuilder::new();
    builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard).kind(Some(AhoCorasickKind::DFA));
    let keywords = builder.build(keywords).ok();
    Engine { keywords, owners, patterns: RULES.iter().map(|_| OnceLock::new()).collect() }
});

/// Everything in a text that has the form of a secret, in order; overlapping finds are the surer, or the longer one.
pub fn find(text: &str) -> Vec<Leak> {
    let engine = &*ENGINE;
    let mut found = Vec::new();
    let Some(keywords) = &engine.keywords else { return found };
    // The part of the text that each rule has to see, while it grows, and what it grew to before.
    let mut windows: Vec<(usize, Range<usize>)> = Vec::new();
    for hit in keywords.find_overlapping_iter(text) {
        let Some((rule_index, rule)) =
            engine.owners.get(hit.pattern().as_usize()).and_then(|&at| Some((at, RULES.get(at)?)))
        else {
            continue;
        };
        let from = hit.start().saturating_sub(rule.span);
        let to = hit.end().saturating_add(rule.span).min(text.len());
        match windows.iter_mut().find(|(index, window)| *index == rule_index && window.end >= from) {
            Some((_, window)) => window.end = window.end.max(to),
            None => {
                // A window that ended before this one is complete: nothing will touch it again.
                if let Some(at) = windows.iter().position(|(index, _)| *index == rule_index) {
                    let (_, window) = windows.swap_remove(at);
                    search(engine, rule_index, rule, text, window, &mut found);
                }
                windows.push((rule_index, from..to));
            }
        }
    }
    for (rule_index, window) in windows {
        if let Some(rule) = RULES.get(rule_index) {
            search(engine, rule_index, rule, text, window, &mut found);
        }
    }
    without_overlaps(found)
}

fn search(engine: &Engine, index: usize, rule: &'static Rule, text: &str, window: Range<usize>, found: &mut Vec<Leak>) {
    let compile = || Regex::new(rule.pattern).ok();
    let Some(Some(pattern)) = engine.patterns.get(index).map(|slot| slot.get_or_init(compile)) else { return };
    let (start, end) = (floor(text, window.start), floor(text, window.end));
    let Some(part) = text.get(start..end) else { return };
    for captures in pattern.captures_iter(part) {
        let Some(secret) = captures.get(1).or_else(|| captures.get(0)) else { continue };
        if let Some(confidence) = (rule.test)(secret.as_str()) {
            let range = start + secret.start()..start + secret.end();
            found.push(Leak { rule, confidence, range });
        }
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn without_overlaps(mut found: Vec<Leak>) -> Vec<Leak> {
    found.sort_by_key(|leak| {
        (leak.range.start, std::cmp::Reverse(leak.confidence), std::cmp::Reverse(leak.range.end), leak.rule.id)
    });
    let mut kept: Vec<Leak> = Vec::new();
    for leak in found {
        match kept.last_mut() {
            Some(last) if last.range.end > leak.range.start => {
                if leak.confidence > last.confidence {
                    *last = leak;
                }
            }
            _ => kept.push(leak),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert!(ENGINE.keywords.is_some());
        for rule in RULES {
            assert!(Regex::new(rule.pattern).is_ok(), "{}", rule.id);
        }
    }

    #[test]
    fn the_surer_of_two_is_kept() {
        let leak = |id, confidence, range| Leak {
            rule: RULES.iter().find(|rule| rule.id == id).expect("a rule"),
            confidence,
            range,
        };
        let kept = without_overlaps(vec![
            leak("authorization-bearer", Confidence::Possible, 0..20),
            leak("json-web-token", Confidence::Confirmed, 2..20),
            leak("private-key", Confidence::Likely, 30..40),
        ]);
        assert_eq!(kept.iter().map(|leak| leak.rule.id).collect::<Vec<_>>(), ["json-web-token", "private-key"]);
    }
}
