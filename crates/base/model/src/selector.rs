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
        self.requirements.iter().all(|requirement| match requirement {
            Requirement::In(key, values) => get(key).is_some_and(|value| values.iter().any(|v| v == value)),
            Requirement::NotIn(key, values) => get(key).is_none_or(|value| values.iter().all(|v| v != value)),
            Requirement::Exists(key) => get(key).is_some(),
            Requirement::DoesNotExist(key) => get(key).is_none(),
        })
    }
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
        "In" => { needs(true)?; Ok(Requirement::In(key, values)) },
        "NotIn" => { needs(true)?; Ok(Requirement::NotIn(key, values)) },
        "Exists" => { needs(false)?; Ok(Requirement::Exists(key)) },
        "DoesNotExist" => { needs(false)?; Ok(Requirement::DoesNotExist(key)) },
        other => Err(SelectorError(format!("`{other}` is not a label selector operator"))),
    }
}
