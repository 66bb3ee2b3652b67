//! An object against a JSON Schema that lies beside the set.
//!
//! As for a definition, a field that is null counts as absent, and the status is the server's. What is not declared is
//! refused where the schema says so (`additionalProperties: false`), as those made of definitions do.

use super::structural::shown;
use super::{Fault, list_of, meant};
use ironclad_jsonschema::{Instance, Partial, Patterns, Schema, Type, Violation, What};
use ironclad_tree::{Entry, Kind, NodeRef, f};
use ironclad_views::sops;

/// Schemas of kinds are made by tools that name no draft, and read as of draft 4 (as kubeconform does).
const DRAFT: u32 = 4;

/// What the schema does.
const REFUSED: &str = "the schema of its kind refuses it";

/// Judges an object from its root; says what could not be judged.
pub(crate) fn judge<'a>(
    root: NodeRef<'a>,
    schema: NodeRef<'_>,
    patterns: &Patterns,
    faults: &mut Vec<Fault<'a>>,
) -> Partial {
    let outcome = Schema::new(schema, DRAFT, patterns).check(&Node { node: root, is_root: true });
    faults.extend(outcome.violations.into_iter().filter_map(fault));
    outcome.partial
}

fn fault(violation: Violation<Node<'_>>) -> Option<Fault<'_>> {
    let Node { node, is_root } = violation.value;
    if node.as_str().is_some_and(sops::is_encrypted) {
        return None;
    }
    let name = name_of(node, is_root);
    let fault = match violation.what {
        What::Unknown(known) => {
            let key = node.document().entry_of(node.id()).map_or("", |entry| entry.key());
            let near = meant(key, known.iter().map(String::as_str));
            let advice = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
            Fault::at(node, format!("unknown field `{key}`{advice}"))
        }
        What::Missing(field) if is_root && field == "status" => return None,
        What::Missing(field) => Fault::missing(node, &field),
        What::Type(_, wanted) => {
            let words: Vec<&str> =
                wanted.iter().filter(|name| *name != "null").map(|name| type_in_words(name)).collect();
            let wanted = if words.is_empty() { "null".to_owned() } else { words.join(" or ") };
            Fault::at(node, format!("{name} is {}, not {wanted}", shown(&name, node)))
        }
        What::NotAmong(values) => {
            // A text is a text to a person, whatever JSON puts around it.
            let words: Vec<&str> = values.iter().map(|value| value.trim_matches('"')).collect();
            let advice = match node.as_str().and_then(|text| meant(text, words.iter().copied())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is {}", list_of(words.iter().copied())),
            };
            Fault::at(node, format!("{name} is {}: {advice}", shown(&name, node)))
        }
        What::Other(words) => Fault::at(node, format!("{name} {words}")),
    };
    Some(Fault { label: REFUSED, ..fault })
}

/// A type of JSON Schema, as definitions are spoken of.
fn type_in_words(name: &str) -> &str {
    match name {
        "object" => "an object",
        "array" => "a list",
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        other => other,
    }
}

/// What a sentence calls a node.
fn name_of(node: NodeRef<'_>, is_root: bool) -> String {
    if is_root {
        return "the object".to_owned();
    }
    let document = node.document();
    if let Some(entry) = document.entry_of(node.id()) {
        return format!("`{}`", entry.key());
    }
    let list = document.parent(node.id()).and_then(|list| document.entry_of(list.id()));
    list.map_or_else(|| "an item".to_owned(), |entry| format!("an item of `{}`", entry.key()))
}

/// A node of a manifest as a schema sees it.
#[derive(Clone, Copy)]
struct Node<'a> {
    node: NodeRef<'a>,
    is_root: bool,
}

impl<'a> Node<'a> {
    fn inner(node: NodeRef<'a>) -> Node<'a> {
        Node { node, is_root: false }
    }
}

impl Instance for Node<'_> {
    fn kind(&self) -> Type {
        match self.node.kind() {
            Kind::Null => Type::Null,
            Kind::Bool => Type::Bool,
            Kind::Int => Type::Int,
            Kind::Float => Type::Float,
            Kind::String => Type::Text,
            Kind::Sequence => Type::List,
            Kind::Mapping => Type::Map,
        }
    }

    fn text(&self) -> Option<&str> {
        self.node.as_str()
    }

    fn number(&self) -> Option<f64> {
        self.node.as_f64()
    }

    fn items(&self) -> Vec<Self> {
        self.node.items().map(Node::inner).collect()
    }

    fn fields(&self) -> Vec<(String, Self)> {
        let entries = self.node.entries().filter(|entry| !entry.value().is_null());
        let is_dropped = |entry: &Entry<'_>| entry.symbol() == f::STATUS || sops::is_note(entry.key(), entry.value());
        let entries = entries.filter(|entry| !(self.is_root && is_dropped(entry)));
        entries.map(|entry| (entry.key().to_owned(), Node::inner(entry.value()))).collect()
    }

    fn field(&self, name: &str) -> Option<Self> {
        let value = self.node.get_str(name)?.value();
        let is_dropped = value.is_null() || self.is_root && name == "status";
        (!is_dropped).then_some(Node::inner(value))
    }

    fn is(&self, constant: NodeRef<'_>) -> bool {
        let numbers = self.node.as_f64().zip(constant.as_f64());
        numbers.map_or_else(|| self.node.eq_value(constant), |(a, b)| a == b)
    }

    fn equals(&self, other: &Self) -> bool {
        self.node.eq_value(other.node)
    }

    fn size(&self) -> usize {
        self.node.document().node_count()
    }
}
