//! What a node is, in the words of messages.

use crate::{Kind, NodeRef};

/// A type in words, for "is X, not Y". A text is not repeated: it may be a secret, and the excerpt, where secrets are
/// hidden, shows it.
pub fn describe(node: NodeRef<'_>) -> String {
    match node.kind() {
        Kind::Null => "null".to_owned(),
        Kind::Bool => format!("the boolean `{}`", node.text().unwrap_or_default()),
        Kind::Int | Kind::Float => format!("the number `{}`", node.text().unwrap_or_default()),
        Kind::String => "a text".to_owned(),
        Kind::Sequence => "a list".to_owned(),
        Kind::Mapping => "an object".to_owned(),
    }
}

/// As [`describe`], with the text: for fields that hold one of a few words.
pub fn describe_value(node: NodeRef<'_>) -> String {
    match node.kind() {
        Kind::String => format!("the text `{}`", clip(node.text().unwrap_or_default())),
        _ => describe(node),
    }
}

fn clip(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
