//! Label selectors with the API server's full semantics (`k8s.io/apimachinery/pkg/apis/meta/v1.LabelSelectorAsSelector`).

use ironclad_tree::{Kind as NodeKind, NodeRef, f};
use std::fmt;

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// The label has one of these values.
    In(String, Vec<String>),
    /// The label is absent or has none of these values.
    NotIn(String, Vec<String>),
    /// The label is present.
    Exists(String),
    /// The label is absent.
    DoesNotExist(String),
}

impl Requirement {
    /// The label that it is about.
    pub fn key(&self) -> &str {
        match self {
            Requirement::In(key, _)
            | Requirement::NotIn(key, _)
            | Requirement::Exists(key)
            | Requirement::DoesNotExist(key) => key,
        }
    }

    /// Does it hold for this value of its label (`None`: the label is absent)?
    pub fn allows(&self, value: Option<&str>) -> bool {
        match self {
            Requirement::In(_, values) => value.is_some_and(|value| values.iter().any(|v| v == value)),
            Requirement::NotIn(_, values) => value.is_none_or(|value| values.iter().all(|v| v != value)),
            Requirement::Exists(_) => value.is_some(),
            Requirement::DoesNotExist(_) => value.is_none(),
        }
    }
}

/// A selector: all requirements hold. An empty one matches everything; an absent one (`None` where a selector is
/// read) matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

/// Why the API server would reject the selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorError(pub String);

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SelectorError {}

impl LabelSelector {
    /// Reads `matchLabels` and `matchExpressions` of a `LabelSelector` node.
    pub fn of(node: NodeRef<'_>) -> Result<LabelSelector, SelectorError> {
        let mut selector = LabelSelector::default();
        if let Some(labels) = node.get(f::MATCH_LABELS) {
            selector.push_labels(labels.value());
        }
        if let Some(expressions) = node.get(f::MATCH_EXPRESSIONS) {
            for expression in expressions.value().items() {
                selector.requirements.push(requirement(expression)?);
            }
        }
        Ok(selector)
    }

    /// Reads kubectl's notation: `app=web,tier!=db,env in (a,b),track notin (x),ready,!old`.
    pub fn parse(text: &str) -> Result<LabelSelector, SelectorError> {
        let mut selector = LabelSelector::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let mut depth = 0;
            let end = rest.find(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                c == ',' && depth == 0
            });
            let (part, after) = end.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..]));
            selector.requirements.push(written(part.trim())?);
            rest = after.trim_start();
        }
        Ok(selector)
    }

    /// Reads a plain map of labels (a Service's selector).
    pub fn of_map(node: NodeRef<'_>) -> LabelSelector {
        let mut selector = LabelSelector::default();
        selector.push_labels(node);
        selector
    }

    fn push_labels(&mut self, node: NodeRef<'_>) {
        for entry in node.entries() {
            let value = entry.value().text().unwrap_or_default().to_owned();
            self.requirements.push(Requirement::In(entry.key().to_owned(), vec![value]));
        }
    }

    /// Does it match everything?
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The conditions.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Does it match an object with these labels (a mapping node, or none)?
    pub fn matches(&self, labels: Option<NodeRef<'_>>) -> bool {
        self.matches_with(|key| labels?.get_str(key)?.value().text())
    }

    /// Does it match, given a look-up of label values?
    pub fn matches_with<'v>(&self, get: impl Fn(&str) -> Option<&'v str>) -> bool {
        self.requirements.iter().all(|requirement| requirement.allows(get(requirement.key())))
    }
}

fn written(text: &str) -> Result<Requirement, SelectorError> {
    let key = |key: &str| -> Result<String, SelectorError> {
        let key = key.trim();
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        if key.is_empty() || !key.chars().all(valid) {
            return Err(SelectorError(format!("`{key}` is not a label key")));
        }
        Ok(key.to_owned())
    };
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some(absent) = text.strip_prefix('!') {
        return Ok(Requirement::DoesNotExist(key(absent)?));
    }
    if let Some((name, value)) = text.split_once("!=") {
        return Ok(Requirement::NotIn(key(name)?, one(value)));
    }
    if let Some((name, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Ok(Requirement::In(key(name)?, one(value)));
    }
    if let Some((head, list)) = text.split_once('(') {
        let Some(list) = list.strip_suffix(')') else {
            return Err(SelectorError(format!("`{text}` has no closing parenthesis")));
        };
        let values = list.split(',').map(|value| value.trim().to_owned()).collect();
        let Some((name, operator)) = head.trim().rsplit_once(' ') else {
            return Err(SelectorError(format!("`{text}` has no operator: `key in (a,b)` or `key notin (a,b)`")));
        };
        return match operator {
            "in" => Ok(Requirement::In(key(name)?, values)),
            "notin" => Ok(Requirement::NotIn(key(name)?, values)),
            other => Err(SelectorError(format!("`{other}` is not an operator: `in` or `notin`"))),
        };
    }
    Ok(Requirement::Exists(key(text)?))
}

fn requirement(node: NodeRef<'_>) -> Result<Requirement, SelectorError> {
    let text = |symbol| node.get(symbol).and_then(|e| e.value().text());
    let key = text(f::KEY).unwrap_or_default().to_owned();
    let values: Vec<String> = match node.get(f::VALUES) {
        Some(entry) if entry.value().kind() == NodeKind::Sequence => {
            entry.value().items().filter_map(|item| item.text()).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    let needs = |wanted: bool| -> Result<(), SelectorError> {
        if values.is_empty() == wanted {
            let rule = if wanted { "needs values" } else { "takes no values" };
            return Err(SelectorError(format!("label selector operator on `{key}` {rule}")));
        }
        Ok(())
    };
    match text(f::OPERATOR).unwrap_or_default() {
        "In" => {
            needs(true)?;
            Ok(Requirement::In(key, values))
        }
        "NotIn" => {
            needs(true)?;
            Ok(Requirement::NotIn(key, values))
        }
        "Exists" => {
            needs(false)?;
            Ok(Requirement::Exists(key))
        }
        "DoesNotExist" => {
            needs(false)?;
            Ok(Requirement::DoesNotExist(key))
        }
        other => Err(SelectorError(format!("`{other}` is not a label selector operator"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectls_notation() {
        let selector = LabelSelector::parse("app=web, tier!=db,env in (a, b),ready,!old").unwrap();
        let with = |labels: &[(&str, &'static str)]| {
            selector.matches_with(|key| labels.iter().find(|(k, _)| *k == key).map(|(_, v)| *v))
        };
        assert!(with(&[("app", "web"), ("env", "b"), ("ready", "")]));
        assert!(!with(&[("app", "web"), ("env", "c"), ("ready", "")]));
        assert!(!with(&[("app", "web"), ("env", "a"), ("ready", ""), ("old", "1")]));
        assert!(!with(&[("app", "web"), ("tier", "db"), ("env", "a"), ("ready", "")]));
        for bad in ["a b", "env in (a", "env of (a)", "=x", "ä"] {
            assert!(LabelSelector::parse(bad).is_err(), "{bad}");
        }
        assert!(LabelSelector::parse("").unwrap().is_empty());
    }
}
