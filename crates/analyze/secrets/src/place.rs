//! Where in the source a secret is that was found in the value of a scalar.

use ironclad_check::Finder;
use ironclad_leak::{Confidence, Leak, Verdict, assignments, find, judge, name_of_secret};
use ironclad_model::Severity;
use ironclad_tree::{NodeRef, Span};
use std::ops::Range;

/// What was found in a value, and where in it.
pub(crate) struct Found {
    /// What it is: "a GitHub token", "a secret named `password`".
    pub(crate) what: String,
    /// How sure.
    pub(crate) confidence: Confidence,
    /// Bytes of the value.
    pub(crate) range: Range<usize>,
}

/// More than these of one value are not reported.
const MOST: usize = 10;
/// More than these are not even looked for: a value full of secrets needs no list of them.
const ENOUGH: usize = 200;

/// What kubectl notes of the object that it was given.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Everything in a text that has the form of a secret.
pub(crate) fn forms(text: &str) -> Vec<Found> {
    let found = |leak: Leak| Found { what: leak.rule.title.to_owned(), confidence: leak.confidence, range: leak.range };
    find(text).into_iter().map(found).collect()
}

/// Everything secret in a text without a name of its own: forms, and assignments whose names say so.
pub(crate) fn search(text: &str) -> Vec<Found> {
    let mut found = forms(text);
    for assignment in assignments(text) {
        if found.len() >= ENOUGH {
            break;
        }
        // A form of its own was found already.
        if name_of_secret(assignment.name).is_none() {
            continue;
        }
        let known = |one: &Found| one.range.start < assignment.range.end && assignment.range.start < one.range.end;
        if found.iter().any(known) {
            continue;
        }
        if let Some(verdict) = judge(assignment.name, assignment.value) {
            let (what, confidence) = of_verdict(&verdict, assignment.name);
            found.push(Found { what, confidence, range: assignment.range });
        }
    }
    found.sort_by_key(|one| one.range.start);
    found.truncate(MOST);
    found
}

/// What a verdict calls the value of a name.
pub(crate) fn of_verdict(verdict: &Verdict, name: &str) -> (String, Confidence) {
    match verdict {
        Verdict::Shaped(title, confidence) => ((*title).to_owned(), *confidence),
        Verdict::Named => (format!("a secret, by its name `{name}`"), Confidence::Likely),
        Verdict::Random => (format!("what looks like a secret, named `{name}`"), Confidence::Possible),
    }
}

/// Completes a finding about a part of a value: shows its line, hides it, and lowers what is only possible.
pub(crate) fn complete(finder: Finder<'_>, node: NodeRef<'_>, part: Range<usize>, confidence: Confidence) {
    let (shown, hidden) = in_source(node, part);
    let mut finder = finder.hide(hidden).confidence(match confidence {
        Confidence::Confirmed => ironclad_model::Confidence::Certain,
        Confidence::Likely => ironclad_model::Confidence::Likely,
        Confidence::Possible => ironclad_model::Confidence::Heuristic,
    });
    if confidence == Confidence::Possible {
        finder = finder.severity(Severity::Medium);
    }
    if let Some(shown) = shown {
        finder.part(shown);
    }
}

/// The bytes of the source that hold a part of a scalar's value: to be shown, where the value is written as it is, and
/// to be hidden, always.
fn in_source(node: NodeRef<'_>, part: Range<usize>) -> (Option<Span>, Span) {
    let whole = node.span();
    let source = node.document().source();
    let written = source.text().get(whole.start as usize..whole.end as usize).unwrap_or_default();
    let value = node.text().unwrap_or_default();
    let Some(secret) = value.get(part.clone()).filter(|secret| !secret.is_empty()) else { return (None, whole) };
    // The same text may stand there more than once: the ordinal tells which.
    let before = value.get(..part.start).unwrap_or_default();
    let ordinal = before.matches(secret).count();
    match written.match_indices(secret).nth(ordinal) {
        Some((at, _)) if !node.via_alias() => {
            let start = whole.start + at as u32;
            let span = Span { start, end: start + secret.len() as u32 };
            (Some(span), span)
        }
        // Escaped, folded, or in base64.
        _ => (None, whole),
    }
}
