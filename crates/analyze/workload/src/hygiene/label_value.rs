//! `hygiene/label-value`

use ironclad_check::{Applies, Cx, FixKind, Meta};
use ironclad_model::{Kind, Object, Safety, Severity};
use ironclad_pod::{label_key_fault, label_value_fault};
use ironclad_tree::{Entry, Kind as NodeKind, NodeRef, f};
use ironclad_views::{WorkloadKinds, pods, schema};
use std::borrow::Cow;

pub(super) static META: Meta = Meta {
    id: "hygiene/label-value",
    title: "label or annotation that the API server refuses",
    severity: Severity::High,
    reads: &[Kind::ANY],
    applies: Applies::Files,
    fix: FixKind::Safe,
    page: include_str!("label_value.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let own = object.metadata();
    metadata(own, false, cx);
    // Whoever reads an object of a built-in kind refuses a value of the wrong type first.
    let is_read = schema::kind(object.api_version(), object.kind_name()).is_some();
    for pod in pods(object, &WorkloadKinds::default()) {
        let template = pod.metadata.spot().node();
        if template.map(|node| node.id()) != own.map(|node| node.id()) {
            metadata(template, !is_read, cx);
        }
    }
    let selector = child(Some(object.root()), "spec").and_then(|spec| child(Some(spec), "selector"));
    for entry in child(selector, "matchLabels").into_iter().flat_map(|labels| labels.entries()) {
        label(entry, cx);
    }
}

fn child<'a>(node: Option<NodeRef<'a>>, name: &str) -> Option<NodeRef<'a>> {
    node?.get_str(name).map(|entry| entry.value())
}

fn metadata(node: Option<NodeRef<'_>>, with_types: bool, cx: &mut Cx<'_>) {
    let map = |name| node.and_then(|node| node.get(name)).map(|entry| entry.value());
    for entry in map(f::LABELS).into_iter().flat_map(|labels| labels.entries()) {
        label(entry, cx);
        types(entry, "label", with_types, cx);
    }
    for entry in map(f::ANNOTATIONS).into_iter().flat_map(|annotations| annotations.entries()) {
        // Annotations are compared in lower case.
        let key = entry.key();
        let has_upper = key.bytes().any(|b| b.is_ascii_uppercase());
        let lower = if has_upper { Cow::Owned(key.to_ascii_lowercase()) } else { Cow::Borrowed(key) };
        if let Some(why) = label_key_fault(&lower) {
            cx.find(entry.value(), format!("annotation `{}` {why}", entry.key())).label(REFUSED);
        }
        types(entry, "annotation", with_types, cx);
    }
}

const REFUSED: &str = "the API server refuses the object";

fn label(entry: Entry<'_>, cx: &mut Cx<'_>) {
    if let Some(why) = label_key_fault(entry.key()) {
        cx.find(entry.value(), format!("label `{}` {why}", entry.key())).label(REFUSED);
    }
    let Some(value) = entry.value().as_str() else { return };
    if let Some(why) = label_value_fault(value) {
        cx.find(entry.value(), format!("value of label `{}` {why}", entry.key())).label(REFUSED);
    }
}

fn types(entry: Entry<'_>, what: &str, with_types: bool, cx: &mut Cx<'_>) {
    let node = entry.value();
    if with_types && matches!(node.kind(), NodeKind::Bool | NodeKind::Int | NodeKind::Float) {
        let text = node.text().unwrap_or_default();
        let quoted = format!("\"{text}\"");
        cx.find(node, format!("{what} `{}` is `{text}`, not a text", entry.key())).label(REFUSED).fix_set(
            format!("write `{quoted}`"),
            Safety::Safe,
            node,
            &quoted,
        );
    }
}
