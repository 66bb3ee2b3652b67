//! What the API server takes for a label.

use ironclad_model::LabelSelector;
use ironclad_tree::{Kind, NodeRef, f};

/// Does the API server take these labels?
pub fn are_labels(node: NodeRef<'_>) -> bool {
    let takes_value = |value: NodeRef<'_>| value.as_str().is_some_and(|text| label_value_fault(text).is_none());
    node.kind() == Kind::Mapping
        && node.entries().all(|entry| label_key_fault(entry.key()).is_none() && takes_value(entry.value()))
}

/// Does the API server take this selector, of `matchLabels` and `matchExpressions`?
pub fn is_selector(node: NodeRef<'_>) -> bool {
    let has_text = |node: NodeRef<'_>, ok: fn(&str) -> bool| node.as_str().is_some_and(ok);
    let expression = |item: NodeRef<'_>| {
        let key = item.get(f::KEY).is_some_and(|key| has_text(key.value(), |text| label_key_fault(text).is_none()));
        let values = item.get_str("values").is_none_or(|values| {
            values.value().items().all(|value| has_text(value, |text| label_value_fault(text).is_none()))
        });
        key && values
    };
    let labels = node.get(f::MATCH_LABELS).map(|entry| entry.value()).filter(|labels| !labels.is_null());
    let expressions = node.get(f::MATCH_EXPRESSIONS).map(|entry| entry.value());
    labels.is_none_or(are_labels)
        && expressions.is_none_or(|list| list.items().all(expression))
        && LabelSelector::of(node).is_ok()
}

/// What is wrong with the value of a label: an empty one is fine.
pub fn label_value_fault(value: &str) -> Option<&'static str> {
    if value.is_empty() { None } else { name_fault(value) }
}

/// What is wrong with the key of a label: `prefix/name`, as `IsQualifiedName` of k8s.io/apimachinery/pkg/util/validation reads it.
pub fn label_key_fault(key: &str) -> Option<String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if name.contains('/') {
        return Some("has more than one `/`".to_owned());
    }
    if let Some(prefix) = prefix {
        let is_label = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        if prefix.len() > 253 || !prefix.split('.').all(is_label) {
            return Some("has a prefix that is no domain name in lower case".to_owned());
        }
    }
    if name.is_empty() { Some("has no name behind its prefix".to_owned()) } else { name_fault(name).map(str::to_owned) }
}

/// At most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn name_fault(name: &str) -> Option<&'static str> {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    if bytes.len() > 63 {
        return Some("has more than 63 characters");
    }
    if !bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        return Some("has characters other than letters, digits, `-`, `_` and `.`");
    }
    (!is_end(bytes.first()) || !is_end(bytes.last())).then_some("does not begin and end with a letter or digit")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_tree::{Limits, Source, parse};

    #[test]
    fn keys_and_values() {
        for good in ["app", "a.b_c-d", "example.com/app", "A", "x/y", "1"] {
            assert_eq!(label_key_fault(good), None, "{good}");
        }
        for bad in ["", "a/b/c", "Example.com/app", "/a", "a/", "-a", "a b", "a/-b", ".x/a"] {
            assert!(label_key_fault(bad).is_some(), "{bad}");
        }
        assert_eq!(name_fault(&"a".repeat(63)), None);
        assert!(name_fault(&"a".repeat(64)).is_some());
    }

    #[test]
    fn selectors_that_are_refused() {
        for (text, taken) in [
            ("{matchLabels: {app: web, tier: ''}}", true),
            ("{matchExpressions: [{key: app, operator: In, values: [web]}]}", true),
            ("{matchExpressions: [{key: app, operator: Exists}]}", true),
            ("{matchLabels: {app: 1}}", false),
            ("{matchLabels: {app: 'a b'}}", false),
            ("{matchLabels: {'a/b/c': web}}", false),
            ("{matchLabels: [app]}", false),
            ("{matchExpressions: [{key: app, operator: In, values: ['a b']}]}", false),
            ("{matchExpressions: [{key: app, operator: In, values: [1]}]}", false),
            ("{matchExpressions: [{key: app, operator: Has}]}", false),
        ] {
            let parsed = parse(&Source::new("a", format!("spec: {text}\n")), &Limits::default());
            let root = parsed.documents.first().expect("a document").root();
            assert_eq!(is_selector(root.get(f::SPEC).expect("a field").value()), taken, "{text}");
        }
    }
}
