//! The tree that transformers change. Every node has a trail of its own; what is copied from a text begins there.

use crate::scalar::{Scalar, Tag, write_string};
use crate::trail::Trail;
use ironclad_model::Role;
use ironclad_tree::{Kind, NodeRef, Source, Span};
use std::sync::Arc;

/// Deeper than this no object goes; the steps below recurse.
const DEEPEST: usize = 256;

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// A value and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) data: Data,
    pub(crate) trail: Trail,
}

/// By whose rules scalars and keys are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// kyaml: manifests and patches.
    Kyaml,
    /// sigs.k8s.io/yaml: kustomizations and configurations.
    Kubectl,
}

/// A kind of node that something expects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    Scalar,
    List,
    Map,
}

impl Shape {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Shape::Scalar => "a single value",
            Shape::List => "a list",
            Shape::Map => "a mapping",
        }
    }
}

impl Node {
    pub(crate) fn scalar(scalar: Scalar, trail: &Trail) -> Node {
        Node { data: Data::Scalar(scalar), trail: trail.clone() }
    }

    pub(crate) fn string(text: impl Into<String>, trail: &Trail) -> Node {
        Node::scalar(Scalar::string(text), trail)
    }

    pub(crate) fn map(trail: &Trail) -> Node {
        Node { data: Data::Map(Vec::new()), trail: trail.clone() }
    }

    pub(crate) fn empty(shape: Shape, trail: &Trail) -> Node {
        let data = match shape {
            Shape::Scalar => Data::Scalar(Scalar::open("")),
            Shape::List => Data::List(Vec::new()),
            Shape::Map => Data::Map(Vec::new()),
        };
        Node { data, trail: trail.clone() }
    }

    /// Copies a value of a document. The error names a place that kustomize would refuse or that is too deep.
    pub(crate) fn read(
        node: NodeRef<'_>,
        source: &Arc<Source>,
        role: Role,
        reading: Reading,
    ) -> Result<Node, (Span, String)> {
        let head = node.entries().next().map_or(node.span(), |entry| entry.key_span());
        read_part(node, source, role, reading, (node.span(), head), 0)
    }

    pub(crate) fn shape(&self) -> Shape {
        match &self.data {
            Data::Scalar(_) => Shape::Scalar,
            Data::List(_) => Shape::List,
            Data::Map(_) => Shape::Map,
        }
    }

    /// Is it null (kyaml: `IsTaggedNull`)?
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar(Scalar { tag: Tag::Null, .. }))
    }

    /// Null, an empty mapping or an empty list (kyaml: `IsNilOrEmpty`).
    pub(crate) fn is_empty(&self) -> bool {
        match &self.data {
            Data::Scalar(scalar) => scalar.tag == Tag::Null,
            Data::List(items) => items.is_empty(),
            Data::Map(entries) => entries.is_empty(),
        }
    }

    /// Null or an empty mapping (kyaml: `IsEmptyMap`).
    pub(crate) fn is_empty_map(&self) -> bool {
        self.is_null() || matches!(&self.data, Data::Map(entries) if entries.is_empty())
    }

    /// The text of a scalar, whatever its type.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The text of a scalar that is a text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(scalar) if scalar.kind() == Tag::Text => Some(&scalar.text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match &self.data {
            Data::Scalar(scalar) if scalar.kind() == Tag::Bool => Some(scalar.text.eq_ignore_ascii_case("true")),
            _ => None,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.data {
            Data::Map(entries) => entries.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Node> {
        match &mut self.data {
            Data::Map(entries) => {
                let at = entries.iter().position(|(name, _)| name == key)?;
                Some(entries.remove(at).1)
            }
            _ => None,
        }
    }

    /// Sets a field of a mapping, at its place or at the end; anything else is left alone.
    pub(crate) fn set(&mut self, key: &str, mut value: Node) {
        let Data::Map(entries) = &mut self.data else { return };
        match entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => old.replace(value),
            None => {
                if let Data::Scalar(scalar) = &mut value.data
                    && scalar.is_text_like()
                    && looks_typed_open(scalar)
                {
                    scalar.quoted = true;
                }
                entries.push((key.to_owned(), value));
            }
        }
    }

    /// Puts another value here. The style of quotes stays, as kyaml's `FieldSetter` has it.
    pub(crate) fn replace(&mut self, mut value: Node) {
        if let (Data::Scalar(new), Data::Scalar(old)) = (&mut value.data, &self.data) {
            new.quoted = old.quoted;
        }
        value.trail = value.trail.over(&self.trail);
        *self = value;
    }

    pub(crate) fn entries(&self) -> &[(String, Node)] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// The mapping at a field, made where it is missing.
    pub(crate) fn child_map(&mut self, key: &str, trail: &Trail) -> Option<&mut Node> {
        if self.get(key).is_none_or(Node::is_null) {
            let old = self.remove_in_place(key, trail);
            if old.is_none() {
                self.set(key, Node::map(trail));
            }
        }
        self.get_mut(key)
    }

    /// Turns a null field into an empty mapping where it stands.
    fn remove_in_place(&mut self, key: &str, trail: &Trail) -> Option<()> {
        let field = self.get_mut(key)?;
        field.data = Data::Map(Vec::new());
        field.trail = trail.over(&field.trail);
        Some(())
    }

    /// Compact JSON; `sorted` with the keys in order, as Go writes maps.
    pub(crate) fn write_json(&self, sorted: bool, out: &mut String) {
        match &self.data {
            Data::Scalar(scalar) => scalar.write_json(out),
            Data::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write_json(sorted, out);
                }
                out.push(']');
            }
            Data::Map(entries) => {
                let mut order: Vec<&(String, Node)> = entries.iter().collect();
                if sorted {
                    order.sort_by(|a, b| a.0.cmp(&b.0));
                }
                out.push('{');
                for (index, (key, value)) in order.into_iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_string(key, out);
                    out.push(':');
                    value.write_json(sorted, out);
                }
                out.push('}');
            }
        }
    }

    /// The same value, order of keys and origins aside.
    pub(crate) fn eq_value(&self, other: &Node) -> bool {
        let (mut a, mut b) = (String::new(), String::new());
        self.write_json(true, &mut a);
        other.write_json(true, &mut b);
        a == b
    }

    /// Makes every scalar what it is after a way through JSON.
    pub(crate) fn settle_types(&mut self) {
        match &mut self.data {
            Data::Scalar(scalar) => *scalar = scalar.through_json(),
            Data::List(items) => items.iter_mut().for_each(Node::settle_types),
            Data::Map(entries) => entries.iter_mut().for_each(|(_, value)| value.settle_types()),
        }
    }
}

fn looks_typed_open(scalar: &Scalar) -> bool {
    scalar.tag == Tag::Open && crate::scalar::looks_typed(&scalar.text)
}

fn read_part(
    node: NodeRef<'_>,
    source: &Arc<Source>,
    role: Role,
    reading: Reading,
    (span, head): (Span, Span),
    depth: usize,
) -> Result<Node, (Span, String)> {
    if depth > DEEPEST {
        return Err((span, format!("nested deeper than {DEEPEST}")));
    }
    let trail = Trail::at(source, span, head, role);
    let data = match node.kind() {
        Kind::Mapping => {
            let mut entries: Vec<(String, Node)> = Vec::with_capacity(node.len());
            for entry in node.entries() {
                let value = entry.value();
                let whole = entry.key_start() <= value.span().start && !value.via_alias() && !entry.merged();
                let span = if whole { entry.span() } else { value.span() };
                let key = key_of(entry.key(), entry.key_span(), source, reading);
                if reading == Reading::Kyaml && depth > 0 && is_bare(&key, entry.key_span(), source) {
                    return Err((entry.key_span(), format!("key `{key}` is no text: put it in quotes")));
                }
                entries.push((key, read_part(value, source, role, reading, (span, entry.key_span()), depth + 1)?));
            }
            Data::Map(entries)
        }
        Kind::Sequence => {
            let mut items = Vec::with_capacity(node.len());
            for item in node.items() {
                let head = item.entries().next().map_or(item.span(), |entry| entry.key_span());
                items.push(read_part(item, source, role, reading, (item.span(), head), depth + 1)?);
            }
            Data::List(items)
        }
        _ if reading == Reading::Kyaml => Data::Scalar(Scalar::of_yaml(node)),
        _ => Data::Scalar(Scalar::of_kubectl(node)),
    };
    Ok(Node { data, trail })
}

/// A key without quotes that is a number or a truth value: kustomize cannot write it as JSON.
fn is_bare(key: &str, span: Span, source: &Source) -> bool {
    let written = source.text().get(span.start as usize..span.end as usize).unwrap_or_default();
    written == key && crate::scalar::resolve(key) != Tag::Text
}

/// kyaml keeps a plain key as it is written; kubectl makes `"true"` of `on`.
fn key_of(key: &str, span: Span, source: &Source, reading: Reading) -> String {
    let written = source.text().get(span.start as usize..span.end as usize).unwrap_or_default();
    let plain = !written.is_empty() && !written.starts_with(['"', '\'', '*', '&', '?', '!', '|', '>']);
    if reading == Reading::Kyaml && plain { written.trim_end().to_owned() } else { key.to_owned() }
}
