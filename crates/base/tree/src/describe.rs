//! What a node is, in the words of messages.

use crate::{Kind, NodeRef};

/// A type in words, for "is X, not Y".
pub fn describe(node: NodeRef<'_>) -> String {
    match node.kind() {
        Kind::Null => "null".to_owned(),
        Kind::Bool => format!("the boolean `{}`", node.text().unwrap_or_default()),
        Kind::Int | Kind::Float => format!("the number `{}`", node.text().unwrap_or_default()),
        Kind::String => format!("the text `{}`", clip(node.text().unwrap_or_default())),
        Kind::Sequence => "a list".to_owned(),
        Kind::Mapping => "an object".to_owned(),
    }
}

fn clip(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
