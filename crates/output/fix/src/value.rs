//! A JSON value of our own: keeps the order of entries, compares without it.

use ironclad_tree::{Kind, Limits, NodeRef, Source, parse};

/// Deeper than this nothing is edited: manifests that people write have some twenty levels.
pub(crate) const DEEPEST: usize = 400;

/// A value to write, or to compare with.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as JSON writes it.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object, in the order of writing; keys are unique.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Reads JSON, or a flow of YAML, which is how a person gives a value on the command line.
    pub fn parse(text: &str) -> Option<Value> {
        if let Some(value) = Value::parse_simple(text) {
            return Some(value);
        }
        // A scalar alone is no document to the reader of manifests: an object around it makes it one.
        let source = Source::new("value", format!("value: {text}\n"));
        let parsed = parse(&source, &Limits::default());
        if !parsed.problems.is_empty() || parsed.documents.len() != 1 {
            return None;
        }
        let root = parsed.documents.first()?.root();
        if root.len() != 1 {
            return None;
        }
        Value::of(root.get_str("value")?.value())
    }

    /// What most checks write: a boolean, a small number, an ASCII text in quotes without escapes.
    fn parse_simple(text: &str) -> Option<Value> {
        let digits = |text: &str| matches!(text.len(), 1..=9) && text.bytes().all(|b| b.is_ascii_digit());
        match text {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            _ if digits(text) && (text == "0" || !text.starts_with('0')) => Some(Value::Number(text.to_owned())),
            _ => {
                let inner = text.strip_prefix('"')?.strip_suffix('"')?;
                let clean = inner.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\'));
                clean.then(|| Value::Text(inner.to_owned()))
            }
        }
    }

    /// The value of a key of an object; none for anything else.
    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        let Value::Map(entries) = self else { return None };
        entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The value of a node; none where it nests too deeply.
    pub fn of(node: NodeRef<'_>) -> Option<Value> {
        Value::read(node, 0)
    }

    fn read(node: NodeRef<'_>, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        Some(match node.kind() {
            Kind::Sequence => Value::List(node.items().map(|i| Value::read(i, depth + 1)).collect::<Option<_>>()?),
            Kind::Mapping => {
                let entry =
                    |e: ironclad_tree::Entry<'_>| Some((e.key().to_owned(), Value::read(e.value(), depth + 1)?));
                Value::Map(node.entries().map(entry).collect::<Option<_>>()?)
            }
            _ => Value::scalar(node),
        })
    }

    /// The value of a node that is no collection.
    pub(crate) fn scalar(node: NodeRef<'_>) -> Value {
        match node.kind() {
            Kind::Bool => Value::Bool(node.as_bool() == Some(true)),
            Kind::Int | Kind::Float => {
                let mut text = String::new();
                node.write_json(&mut text);
                Value::Number(text)
            }
            Kind::String => Value::Text(node.as_str().unwrap_or_default().to_owned()),
            _ => Value::Null,
        }
    }

    /// This value below the given field names.
    pub(crate) fn below<'n>(self, names: impl DoubleEndedIterator<Item = &'n str>) -> Value {
        names.rev().fold(self, |value, name| Value::Map(vec![(name.to_owned(), value)]))
    }

    /// Adds what another value has; none where they say different things of one field.
    pub(crate) fn merge(self, other: Value) -> Option<Value> {
        match (self, other) {
            (Value::Map(mut ours), Value::Map(theirs)) => {
                for (key, value) in theirs {
                    match ours.iter().position(|(known, _)| *known == key) {
                        Some(at) => {
                            let old = std::mem::replace(&mut ours.get_mut(at)?.1, Value::Null);
                            ours.get_mut(at)?.1 = old.merge(value)?;
                        }
                        None => ours.push((key, value)),
                    }
                }
                Some(Value::Map(ours))
            }
            (ours, theirs) => (ours == theirs).then_some(ours),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) | (Value::Text(a), Value::Text(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => {
                let same = |(key, value): &(String, Value)| b.iter().any(|(k, v)| k == key && v == value);
                a.len() == b.len() && a.iter().all(same)
            }
            _ => false,
        }
    }
}

impl Eq for Value {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_people_and_of_checks() {
        assert_eq!(Value::parse("100m"), Some(Value::Text("100m".to_owned())));
        assert_eq!(Value::parse("3"), Some(Value::Number("3".to_owned())));
        assert_eq!(Value::parse("\"Always\""), Some(Value::Text("Always".to_owned())));
        let probe = Value::parse("{httpGet: {path: /healthz, port: 8080}}").unwrap();
        assert_eq!(Value::parse(r#"{"httpGet":{"port":8080,"path":"/healthz"}}"#), Some(probe));
        assert_eq!(Value::parse("a: b: c"), None);
        assert_eq!(Value::parse("1\nother: 2"), None);
    }

    #[test]
    fn merging_needs_agreement() {
        let value = |text| Value::parse(text).unwrap();
        assert_eq!(value("{a: {b: 1}}").merge(value("{a: {c: 2}}")), Some(value("{a: {b: 1, c: 2}}")));
        assert_eq!(value("{a: 1}").merge(value("{a: 1}")), Some(value("{a: 1}")));
        assert_eq!(value("{a: 1}").merge(value("{a: 2}")), None);
        assert_eq!(value("{a: 1}").merge(value("{a: {b: 1}}")), None);
    }
}
