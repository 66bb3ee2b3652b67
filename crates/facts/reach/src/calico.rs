//! Calico's selectors: `role == 'db' && has(tier)` (github.com/projectcalico/calico/libcalico-go/lib/selector).
//!
//! The text comes from strangers: nesting is limited, and what does not parse is an error, never a panic.

use crate::Answer;

/// Parentheses and negations may nest this deep.
const DEEPEST: usize = 64;

/// A selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalicoSelector {
    /// `all()`, and the empty text.
    All,
    /// `has(label)`.
    Has(String),
    /// `label == 'value'`, `label in {'a', 'b'}`.
    In(String, Vec<String>),
    /// `label contains 'value'`.
    Contains(String, String),
    /// `label starts with 'value'`.
    StartsWith(String, String),
    /// `label ends with 'value'`.
    EndsWith(String, String),
    /// `!…`; `!=` and `not in` are negations as well: an absent label fulfils them.
    Not(Box<CalicoSelector>),
    /// `… && …`.
    And(Vec<CalicoSelector>),
    /// `… || …`.
    Or(Vec<CalicoSelector>),
}

/// The selector does not parse, or it nests too deep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unreadable;

impl CalicoSelector {
    /// Reads one.
    pub fn parse(text: &str) -> Result<CalicoSelector, Unreadable> {
        let mut reader = Reader { rest: text.trim_start(), depth: 0 };
        if reader.rest.is_empty() {
            return Ok(CalicoSelector::All);
        }
        let selector = reader.any()?;
        if reader.rest.is_empty() { Ok(selector) } else { Err(Unreadable) }
    }

    /// Does it match every labelled thing?
    pub fn is_all(&self) -> bool {
        *self == CalicoSelector::All
    }

    /// Does it match, given a look-up of labels that knows which it does not know (`Err`)?
    pub fn answer<'v>(&self, get: &dyn Fn(&str) -> Result<Option<&'v str>, ()>) -> Answer {
        let value = |label: &str, holds: &dyn Fn(&str) -> bool| match get(label) {
            Ok(value) => value.is_some_and(holds).into(),
            Err(()) => Answer::Unknown,
        };
        match self {
            CalicoSelector::All => Answer::Yes,
            CalicoSelector::Has(label) => value(label, &|_| true),
            CalicoSelector::In(label, values) => value(label, &|value| values.iter().any(|v| v == value)),
            CalicoSelector::Contains(label, part) => value(label, &|value| value.contains(part.as_str())),
            CalicoSelector::StartsWith(label, part) => value(label, &|value| value.starts_with(part.as_str())),
            CalicoSelector::EndsWith(label, part) => value(label, &|value| value.ends_with(part.as_str())),
            CalicoSelector::Not(inner) => inner.answer(get).negate(),
            CalicoSelector::And(all) => all.iter().map(|one| one.answer(get)).fold(Answer::Yes, Answer::and),
            CalicoSelector::Or(any) => any.iter().map(|one| one.answer(get)).fold(Answer::No, Answer::or),
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn any(&mut self) -> Result<CalicoSelector, Unreadable> {
        let mut alternatives = vec![self.all()?];
        while self.takes("||") {
            alternatives.push(self.all()?);
        }
        Ok(if alternatives.len() == 1 { alternatives.swap_remove(0) } else { CalicoSelector::Or(alternatives) })
    }

    fn all(&mut self) -> Result<CalicoSelector, Unreadable> {
        let mut conditions = vec![self.one()?];
        while self.takes("&&") {
            conditions.push(self.one()?);
        }
        Ok(if conditions.len() == 1 { conditions.swap_remove(0) } else { CalicoSelector::And(conditions) })
    }

    fn one(&mut self) -> Result<CalicoSelector, Unreadable> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Unreadable);
        }
        let selector = if self.takes("!") {
            CalicoSelector::Not(Box::new(self.one()?))
        } else if self.takes("(") {
            let inner = self.any()?;
            self.needs(")")?;
            inner
        } else {
            self.term()?
        };
        self.depth -= 1;
        Ok(selector)
    }

    fn term(&mut self) -> Result<CalicoSelector, Unreadable> {
        let label = self.label()?;
        if matches!(label, "all" | "global" | "has") && self.takes("(") {
            if label != "has" {
                self.needs(")")?;
                return Ok(CalicoSelector::All);
            }
            let label = self.label()?.to_owned();
            self.needs(")")?;
            return Ok(CalicoSelector::Has(label));
        }
        let label = label.to_owned();
        let not = |selector| CalicoSelector::Not(Box::new(selector));
        if self.takes("==") {
            Ok(CalicoSelector::In(label, vec![self.value()?]))
        } else if self.takes("!=") {
            Ok(not(CalicoSelector::In(label, vec![self.value()?])))
        } else if self.takes_word("not") {
            self.needs_word("in")?;
            Ok(not(CalicoSelector::In(label, self.set()?)))
        } else if self.takes_word("in") {
            Ok(CalicoSelector::In(label, self.set()?))
        } else if self.takes_word("contains") {
            Ok(CalicoSelector::Contains(label, self.value()?))
        } else if self.takes_word("starts") {
            self.needs_word("with")?;
            Ok(CalicoSelector::StartsWith(label, self.value()?))
        } else if self.takes_word("ends") {
            self.needs_word("with")?;
            Ok(CalicoSelector::EndsWith(label, self.value()?))
        } else {
            Err(Unreadable)
        }
    }

    fn set(&mut self) -> Result<Vec<String>, Unreadable> {
        self.needs("{")?;
        let mut values = Vec::new();
        while !self.takes("}") {
            if !values.is_empty() {
                self.needs(",")?;
            }
            values.push(self.value()?);
        }
        Ok(values)
    }

    fn label(&mut self) -> Result<&'t str, Unreadable> {
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        let end = self.rest.find(|c| !valid(c)).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(Unreadable);
        }
        Ok(self.cut(end))
    }

    fn value(&mut self) -> Result<String, Unreadable> {
        let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"')).ok_or(Unreadable)?;
        let length = self.rest[1..].find(quote).ok_or(Unreadable)?;
        let value = self.rest[1..=length].to_owned();
        self.cut(length + 2);
        Ok(value)
    }

    /// The first bytes of what is left, which is then left without them and without blanks.
    fn cut(&mut self, length: usize) -> &'t str {
        let (head, rest) = self.rest.split_at(length);
        self.rest = rest.trim_start();
        head
    }

    fn takes(&mut self, token: &str) -> bool {
        // `!` is not the beginning of `!=`: that has a label before it.
        let found = self.rest.starts_with(token);
        if found {
            self.cut(token.len());
        }
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        let found = self.rest.strip_prefix(word).is_some_and(ends);
        if found {
            self.cut(word.len());
        }
        found
    }

    fn needs(&mut self, token: &str) -> Result<(), Unreadable> {
        if self.takes(token) { Ok(()) } else { Err(Unreadable) }
    }

    fn needs_word(&mut self, word: &str) -> Result<(), Unreadable> {
        if self.takes_word(word) { Ok(()) } else { Err(Unreadable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str) -> Answer {
        let labels = [("role", "db"), ("tier", "back-end"), ("a/b", "")];
        let get = |label: &str| match label {
            "hidden" => Err(()),
            _ => Ok(labels.iter().find(|(key, _)| *key == label).map(|(_, value)| *value)),
        };
        CalicoSelector::parse(text).unwrap_or_else(|_| panic!("{text}")).answer(&get)
    }

    #[test]
    fn calicos_language() {
        for yes in [
            "",
            "all()",
            "global()",
            "has(role)",
            "has( a/b )",
            "role == 'db'",
            r#"role=="db""#,
            "role != 'web'",
            "absent != 'web'",
            "role in {'web', 'db'}",
            "role not in { 'web' }",
            "absent not in {'x'}",
            "tier contains 'k-e'",
            "tier starts with 'back'",
            "tier ends with 'end'",
            "!has(absent) && (role == 'web' || role == 'db')",
            "role == 'web' && has(tier) || has(role)",
            "has(role) || hidden == 'x'",
        ] {
            assert_eq!(matches(yes), Answer::Yes, "{yes}");
        }
        for no in
            ["!all()", "has(absent)", "role in {}", "role == 'web'", "!(has(role))", "hidden == 'x' && !has(role)"]
        {
            assert_eq!(matches(no), Answer::No, "{no}");
        }
        assert_eq!(matches("hidden == 'x'"), Answer::Unknown);
        assert_eq!(matches("!has(hidden)"), Answer::Unknown);
    }

    #[test]
    fn what_does_not_parse_is_an_error() {
        let deep = "!".repeat(100) + "all()";
        let nested = "(".repeat(100) + "all()" + &")".repeat(100);
        for bad in
            ["role", "role =", "role == db", "role == 'db", "(all()", "all() all()", "role in 'x'", &deep, &nested]
        {
            assert!(CalicoSelector::parse(bad).is_err(), "{bad}");
        }
    }
}
