//! Which fix of a finding is made: what the user allows, and the values that the user gives.

use crate::refuse::Refusal;
use crate::value::Value;
use ironclad_model::{Confidence, Edit, Finding, Fix, Quantity, Safety, Wanted};
use ironclad_tree::Limits;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What the user allows.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Fixes that change more than the check asks for, and fixes of objects whose shape was guessed.
    pub unsafe_fixes: bool,
    /// Values that only a person knows, by check and container; without a container for all of them.
    pub values: BTreeMap<(String, Option<String>), String>,
    /// How much is read at most when an edited text is read again.
    pub limits: Limits,
}

/// Why an open finding has no fix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Unfixed {
    /// A person has to decide.
    ByHand,
    /// Its object is rendered: a person edits the template or the values.
    Rendered,
    /// It has one with `--unsafe`.
    Unsafe,
    /// It has one with a value.
    Value,
}

impl Options {
    fn value_for(&self, finding: &Finding) -> Option<&str> {
        let own = (finding.check.to_owned(), finding.container.clone());
        let all = (finding.check.to_owned(), None);
        self.values.get(&own).or_else(|| self.values.get(&all)).map(String::as_str)
    }
}

/// The fix to make, with the user's value in it; the first that is allowed.
pub fn chosen(finding: &Finding, options: &Options) -> Result<Result<Fix, Refusal>, Unfixed> {
    let fix = wanted(finding, options);
    if fix.is_ok() && !finding.rendered_from.is_empty() { Err(Unfixed::Rendered) } else { fix }
}

/// The same for objects of which nobody knows whether they are rendered: the edits are about the object as judged.
pub(crate) fn wanted(finding: &Finding, options: &Options) -> Result<Result<Fix, Refusal>, Unfixed> {
    let mut reason = Unfixed::ByHand;
    for fix in &finding.fixes {
        let guessed = finding.confidence == Confidence::Heuristic;
        let allowed = match fix.safety {
            Safety::Safe => !guessed || options.unsafe_fixes,
            Safety::Unsafe => options.unsafe_fixes,
            Safety::Value => match options.value_for(finding) {
                Some(value) => return Ok(answered(fix, value)),
                None => {
                    reason = reason.max(Unfixed::Value);
                    continue;
                }
            },
        };
        if allowed {
            return Ok(Ok(fix.clone()));
        }
        reason = reason.max(Unfixed::Unsafe);
    }
    Err(reason)
}

/// The fix with a person's value in the places that ask for one.
fn answered(fix: &Fix, text: &str) -> Result<Fix, Refusal> {
    let mut edits = Vec::with_capacity(fix.edits.len());
    for edit in &fix.edits {
        edits.push(match edit {
            Edit::Ask(place, wanted) => {
                let wrong = || Refusal::value(format!("`{text}` is not {}", wanted.describe()));
                check(text, wanted).then_some(()).ok_or_else(wrong)?;
                within(text, wanted)?;
                let json = if *wanted == Wanted::Text { crate::print::quoted(text) } else { text.to_owned() };
                Edit::Set(place.clone(), json)
            }
            other => other.clone(),
        });
    }
    Ok(Fix { title: fix.title.clone(), safety: fix.safety, edits })
}

/// The API server refuses a request above its limit.
fn within(text: &str, wanted: &Wanted) -> Result<(), Refusal> {
    let (bound, outside, word) = match wanted {
        Wanted::AtMost(bound) => (bound, Ordering::Greater, "more"),
        Wanted::AtLeast(bound) => (bound, Ordering::Less, "less"),
        _ => return Ok(()),
    };
    let (Ok(value), Ok(edge)) = (text.parse::<Quantity>(), bound.quantity.parse::<Quantity>()) else { return Ok(()) };
    if value.cmp(&edge) != outside {
        return Ok(());
    }
    Err(Refusal::value(format!("`{text}` is {word} than the {}, `{}`", bound.name, bound.quantity)))
}

fn check(text: &str, wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Quantity | Wanted::AtMost(_) | Wanted::AtLeast(_) => {
            let zero = "0".parse::<Quantity>();
            text.parse::<Quantity>().is_ok_and(|value| zero.is_ok_and(|zero| value > zero))
        }
        Wanted::Count => text.parse::<u32>().is_ok_and(|count| count > 0),
        Wanted::Text => !text.trim().is_empty(),
        Wanted::Object => matches!(Value::parse(text), Some(Value::Map(entries)) if !entries.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_model::Bound;

    #[test]
    fn values_of_people_are_checked() {
        for (text, wanted, fits) in [
            ("100m", Wanted::Quantity, true),
            ("0", Wanted::Quantity, false),
            ("lots", Wanted::Quantity, false),
            ("3", Wanted::Count, true),
            ("-1", Wanted::Count, false),
            ("1.5", Wanted::Count, false),
            ("high", Wanted::Text, true),
            (" ", Wanted::Text, false),
            ("{httpGet: {path: /}}", Wanted::Object, true),
            ("path", Wanted::Object, false),
        ] {
            assert_eq!(check(text, &wanted), fits, "{text}");
        }
    }

    #[test]
    fn requests_stay_below_limits() {
        let bound = |quantity: &str| Bound { name: "memory limit".to_owned(), quantity: quantity.to_owned() };
        let said = |text, wanted| within(text, &wanted).err().map(|refusal| refusal.message);
        assert_eq!(
            said("4Gi", Wanted::AtMost(bound("1Gi"))).as_deref(),
            Some("`4Gi` is more than the memory limit, `1Gi`")
        );
        assert_eq!(said("1024Mi", Wanted::AtMost(bound("1Gi"))), None);
        assert_eq!(
            said("1", Wanted::AtLeast(bound("1Gi"))).as_deref(),
            Some("`1` is less than the memory limit, `1Gi`")
        );
        assert_eq!(said("1Gi", Wanted::AtLeast(bound("1Gi"))), None);
    }
}
