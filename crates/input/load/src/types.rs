//! Fields of the wrong type: what the decoder in front of the API server refuses, with the field's own place.
//!
//! Every object passes through `metav1.ObjectMeta` and list items through the list decoder of
//! `k8s.io/apimachinery/pkg/apis/meta/v1/unstructured`; both are strict about types.

use crate::classify::{describe, error};
use ironclad_tree::{Document, Entry, Kind, NodeRef, Problem, f};

/// The type that a field must have.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Int,
    Flag,
    Time,
    Texts,
    TextMap,
    List,
    Owners,
}

const METADATA: &[(&str, Shape)] = &[
    ("annotations", Shape::TextMap),
    ("creationTimestamp", Shape::Time),
    ("deletionGracePeriodSeconds", Shape::Int),
    ("deletionTimestamp", Shape::Time),
    ("finalizers", Shape::Texts),
    ("generateName", Shape::Text),
    ("generation", Shape::Int),
    ("labels", Shape::TextMap),
    ("managedFields", Shape::List),
    ("name", Shape::Text),
    ("namespace", Shape::Text),
    ("ownerReferences", Shape::Owners),
    ("resourceVersion", Shape::Text),
    ("selfLink", Shape::Text),
    ("uid", Shape::Text),
];

const OWNER: &[(&str, Shape)] = &[
    ("apiVersion", Shape::Text),
    ("blockOwnerDeletion", Shape::Flag),
    ("controller", Shape::Flag),
    ("kind", Shape::Text),
    ("name", Shape::Text),
    ("uid", Shape::Text),
];

/// What is wrong in the objects of a document.
pub(crate) fn type_problems(document: &Document) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut pending = vec![(document.root(), true)];
    while let Some((node, is_root)) = pending.pop() {
        if node.kind() != Kind::Mapping {
            if !node.is_null() {
                let message = format!("list item is {}, not an object", describe(node));
                problems.push(error("input/type", node.span(), message, "a list holds objects only"));
            }
            continue;
        }
        if let Some(entry) = node.get(f::METADATA) {
            fields(entry, "metadata", METADATA, &mut problems);
        }
        let Some(items) = node.get(f::ITEMS) else { continue };
        match items.value().kind() {
            Kind::Sequence => {
                let inside: Vec<_> = items.value().items().map(|item| (item, false)).collect();
                pending.extend(inside.into_iter().rev());
            }
            Kind::Null => {}
            _ if is_root => {
                let message = format!("`items` is {}, not a list", describe(items.value()));
                problems.push(error(
                    "input/type",
                    items.span(),
                    message,
                    "an object with `items` is a list of objects",
                ));
            }
            _ => {}
        }
    }
    problems.sort_by_key(|problem| problem.span.start);
    problems
}

fn fields(entry: Entry<'_>, path: &str, known: &[(&str, Shape)], problems: &mut Vec<Problem>) {
    let node = entry.value();
    match node.kind() {
        Kind::Null => {}
        Kind::Mapping => {
            for field in node.entries() {
                if let Some((name, shape)) = known.iter().find(|(name, _)| *name == field.key()) {
                    judge(field, &format!("{path}.{name}"), *shape, problems);
                }
            }
        }
        _ => wrong(entry, path, "an object", problems),
    }
}

fn judge(entry: Entry<'_>, path: &str, shape: Shape, problems: &mut Vec<Problem>) {
    let node = entry.value();
    let kind = node.kind();
    if kind == Kind::Null {
        return;
    }
    match shape {
        Shape::Text if kind != Kind::String => wrong(entry, path, "a text", problems),
        Shape::Int if kind != Kind::Int => wrong(entry, path, "a whole number", problems),
        Shape::Flag if kind != Kind::Bool => wrong(entry, path, "true or false", problems),
        Shape::List if kind != Kind::Sequence => wrong(entry, path, "a list", problems),
        Shape::Time if !node.as_str().is_some_and(is_time) => {
            wrong(entry, path, "a time as in `2026-01-31T12:00:00Z`", problems);
        }
        Shape::Texts if kind != Kind::Sequence => wrong(entry, path, "a list of texts", problems),
        Shape::Texts => {
            for item in node.items().filter(|item| !matches!(item.kind(), Kind::String | Kind::Null)) {
                problems.push(mismatch(item, item.span(), &format!("an item of `{path}`"), "a text"));
            }
        }
        Shape::TextMap if kind != Kind::Mapping => wrong(entry, path, "a mapping of texts", problems),
        Shape::TextMap => {
            for field in node.entries().filter(|e| !matches!(e.value().kind(), Kind::String | Kind::Null)) {
                wrong(field, &format!("{path}.{}", field.key()), "a text", problems);
            }
        }
        Shape::Owners if kind != Kind::Sequence => wrong(entry, path, "a list", problems),
        Shape::Owners => {
            for owner in node.items() {
                for field in owner.entries() {
                    if let Some((name, shape)) = OWNER.iter().find(|(name, _)| *name == field.key()) {
                        judge(field, &format!("{path}.{name}"), *shape, problems);
                    }
                }
                if !matches!(owner.kind(), Kind::Mapping | Kind::Null) {
                    problems.push(mismatch(owner, owner.span(), &format!("an item of `{path}`"), "an object"));
                }
            }
        }
        _ => {}
    }
}

fn wrong(entry: Entry<'_>, path: &str, wanted: &str, problems: &mut Vec<Problem>) {
    problems.push(mismatch(entry.value(), entry.span(), &format!("`{path}`"), wanted));
}

fn mismatch(node: NodeRef<'_>, span: ironclad_tree::Span, what: &str, wanted: &str) -> Problem {
    let hint = match node.kind() {
        Kind::Bool | Kind::Int | Kind::Float if wanted == "a text" => "put it in quotes",
        _ => "the API server refuses the object",
    };
    error("input/type", span, format!("{what} is {}, not {wanted}", describe(node)), hint)
}

/// RFC 3339, as Go's `time.RFC3339` reads it.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |from: usize, to: usize| bytes.get(from..to).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let shape = digits(0, 4)
        && digits(5, 7)
        && digits(8, 10)
        && digits(11, 13)
        && digits(14, 16)
        && digits(17, 19)
        && matches!(bytes, [_, _, _, _, b'-', _, _, b'-', _, _, b'T', _, _, b':', _, _, b':', ..]);
    let Some(zone) = text.get(19..).filter(|_| shape) else { return false };
    let zone = zone
        .strip_prefix(['.', ','])
        .map_or(zone, |fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit()));
    let offset = zone.as_bytes();
    zone == "Z" || matches!(offset, [b'+' | b'-', a, b, b':', c, d] if [a, b, c, d].iter().all(|b| b.is_ascii_digit()))
}
