//! Fields of the wrong type: what the decoder in front of the API server refuses, with the field's own place.
//!
//! Every object passes through `metav1.ObjectMeta`, list items through the list decoder of
//! `k8s.io/apimachinery/pkg/apis/meta/v1/unstructured`, and an object of a built-in kind through its Go type
//! ([`schema`]); all are strict about types.
//!
//! `manifest/schema` walks the same tables for names and values. The two stay apart because their answers differ in kind: a
//! wrong type is an error of reading, known before any check runs and whatever is selected, and what a check finds can be
//! waived, selected and configured.

use crate::classify::error;
use ironclad_tree::{Document, Entry, Kind, NodeRef, Problem, describe, f};
use ironclad_views::{schema, sops};

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
    let mut pending = vec![(document.root(), true, None)];
    while let Some((node, is_root, list_type)) = pending.pop() {
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
        let text = |symbol| node.get(symbol).and_then(|entry| entry.value().as_str());
        let own_type = text(f::API_VERSION).zip(text(f::KIND));
        let Some(items) = node.get(f::ITEMS) else {
            if let Some(kind) = own_type.or(list_type).and_then(|(version, kind)| schema::kind(version, kind)) {
                object(node, kind.definition, &mut problems);
            }
            continue;
        };
        match items.value().kind() {
            Kind::Sequence => {
                let item_type = own_type.and_then(|(version, kind)| Some((version, kind.strip_suffix("List")?)));
                let inside: Vec<_> = items.value().items().map(|item| (item, false, item_type)).collect();
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

/// Deeper than this no built-in type goes but the schemas of custom resources, which refer to themselves.
const DEEPEST: usize = 64;
/// One mistake at the top can make a hundred below.
const MOST: usize = 20;

/// The fields of an object of a built-in kind, its metadata aside.
fn object(root: NodeRef<'_>, definition: &'static str, problems: &mut Vec<Problem>) {
    let mut found = Vec::new();
    let mut pending: Vec<(NodeRef<'_>, &'static str, usize)> = vec![(root, definition, 0)];
    while let Some((node, definition, depth)) = pending.pop() {
        if depth > DEEPEST || found.len() >= MOST {
            break;
        }
        let Some(fields) = schema::definition(definition) else { continue };
        for entry in node.entries() {
            if depth == 0 && [f::METADATA, f::API_VERSION, f::KIND].contains(&entry.symbol()) {
                continue;
            }
            let Some(field) = fields.named(entry.key()) else { continue };
            shape(Subject::Field(entry), field.shape, depth, &mut pending, &mut found);
        }
    }
    found.sort_by_key(|problem: &Problem| problem.span.start);
    problems.append(&mut found);
}

/// What a type is asked of: most are of the right one, and nobody needs their names.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Field(Entry<'a>),
    Item(NodeRef<'a>, Entry<'a>),
}

impl<'a> Subject<'a> {
    fn node(self) -> NodeRef<'a> {
        match self {
            Subject::Field(entry) => entry.value(),
            Subject::Item(item, _) => item,
        }
    }

    fn span(self) -> ironclad_tree::Span {
        match self {
            Subject::Field(entry) => entry.span(),
            Subject::Item(item, _) => item.span(),
        }
    }

    fn name(self) -> String {
        match self {
            Subject::Field(entry) => format!("`{}`", entry.key()),
            Subject::Item(_, list) => format!("an item of `{}`", list.key()),
        }
    }

    /// The field itself, or the list that the item is in.
    fn entry(self) -> Entry<'a> {
        match self {
            Subject::Field(entry) | Subject::Item(_, entry) => entry,
        }
    }
}

fn shape<'a>(
    subject: Subject<'a>,
    wanted: schema::Shape,
    depth: usize,
    pending: &mut Vec<(NodeRef<'a>, &'static str, usize)>,
    problems: &mut Vec<Problem>,
) {
    use schema::Shape as S;
    let node = subject.node();
    let kind = node.kind();
    if kind == Kind::Null {
        return;
    }
    // Whoever reads the manifest decrypts it first, to what is not known here.
    if kind == Kind::String && node.as_str().is_some_and(sops::is_encrypted) {
        return;
    }
    let words = match wanted {
        S::Any => return,
        S::Text if kind == Kind::String => return,
        S::Text => "a text",
        S::Bytes if node.as_str().is_some_and(is_base64) => return,
        S::Bytes if kind == Kind::String => {
            problems.push(error(
                "input/type",
                subject.span(),
                format!("{} is not base64", subject.name()),
                "encode it, or use `stringData` for plain text",
            ));
            return;
        }
        S::Bytes => "a text in base64",
        S::Int32 if node.as_i64().is_some_and(|value| i32::try_from(value).is_ok()) => return,
        S::Int32 => "a whole number of 32 bits",
        S::Int if kind == Kind::Int => return,
        S::Int => "a whole number",
        S::Number if matches!(kind, Kind::Int | Kind::Float) => return,
        S::Number => "a number",
        S::Flag if kind == Kind::Bool => return,
        S::Flag => "true or false",
        // Whether the text is a quantity is for the checks of resources to say.
        S::Quantity if matches!(kind, Kind::Int | Kind::Float | Kind::String) => return,
        S::Quantity => "a quantity",
        S::IntOrText if kind == Kind::String || node.as_i64().is_some_and(|v| i32::try_from(v).is_ok()) => return,
        S::IntOrText => "a whole number or a text",
        S::Time if node.as_str().is_some_and(is_time) => return,
        S::Time => "a time as in `2026-01-31T12:00:00Z`",
        S::List(inner) if kind == Kind::Sequence => {
            let inner = S::parse(inner);
            for item in node.items() {
                shape(Subject::Item(item, subject.entry()), inner, depth, pending, problems);
            }
            return;
        }
        S::List(_) => "a list",
        S::Map(inner) if kind == Kind::Mapping => {
            let inner = S::parse(inner);
            for entry in node.entries() {
                shape(Subject::Field(entry), inner, depth, pending, problems);
            }
            return;
        }
        S::Map(_) => "a mapping",
        S::Object(definition) if kind == Kind::Mapping => {
            pending.push((node, definition, depth + 1));
            return;
        }
        S::Object(_) => "an object",
    };
    problems.push(mismatch(node, subject.span(), &subject.name(), words));
}

/// Go's `base64.StdEncoding`: padding is required, line breaks do not count.
fn is_base64(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let padding = digits.iter().rev().take_while(|&&b| b == b'=').count();
    let body = digits.get(..digits.len() - padding).unwrap_or_default();
    digits.len().is_multiple_of(4)
        && padding <= 2
        && body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
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
