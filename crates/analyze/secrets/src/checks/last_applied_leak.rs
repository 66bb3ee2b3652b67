//! `secrets/last-applied-leak`

use crate::place::{LAST_APPLIED, complete, search};
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Confidence, Kind, Object, Severity};
use ironclad_tree::{Kind as NodeKind, Limits, NodeRef, Source, f, parse};

pub(super) static META: Meta = Meta {
    id: "secrets/last-applied-leak",
    title: "secret in what kubectl applied last",
    severity: Severity::High,
    confidence: Confidence::Likely,
    reads: &[Kind::ANY],
    // Live objects lose the annotation while they are read.
    applies: Applies::Files,
    tags: &["mitre:T1552"],
    page: include_str!("last_applied_leak.md"),
    ..Meta::DEFAULT
};

/// An object is not larger.
const LARGEST: usize = 2 << 20;

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let annotations = object.metadata().and_then(|metadata| metadata.get(f::ANNOTATIONS)).map(|entry| entry.value());
    let Some(entry) = annotations.and_then(|annotations| annotations.get_str(LAST_APPLIED)) else { return };
    let node = entry.value();
    let Some(text) = node.as_str() else { return };
    if holds_data(text) {
        cx.find(node, "the last applied configuration holds the data of the Secret")
            .label("base64 is no encryption, and an annotation is shown where the data is not")
            .hide(node.span());
        return;
    }
    for found in search(text) {
        // What the object still says is reported there.
        let secret = text.get(found.range.clone()).unwrap_or_default();
        if is_still_said(object, node, secret) {
            continue;
        }
        let finder = cx
            .find(node, format!("the last applied configuration holds {}", found.what))
            .label("it was taken out of the object, and is still here");
        complete(finder, node, found.range, found.confidence);
    }
}

/// Is it the configuration of a Secret with data?
fn holds_data(text: &str) -> bool {
    let limits = Limits { document_bytes: LARGEST, nodes: 200_000, ..Limits::default() };
    let parsed = parse(&Source::new("annotation", text), &limits);
    let Some(root) = parsed.documents.first().map(|document| document.root()) else { return false };
    let has = |field: &str| root.get_str(field).is_some_and(|entry| !entry.value().is_empty());
    root.get(f::KIND).and_then(|entry| entry.value().as_str()) == Some("Secret") && (has("data") || has("stringData"))
}

/// Does any other text of the object hold this?
fn is_still_said(object: &Object, but: NodeRef<'_>, secret: &str) -> bool {
    let mut pending = vec![object.root()];
    while let Some(node) = pending.pop() {
        match node.kind() {
            NodeKind::Mapping => pending.extend(node.entries().map(|entry| entry.value())),
            NodeKind::Sequence => pending.extend(node.items()),
            _ if node.id() != but.id() && node.text().is_some_and(|text| text.contains(secret)) => return true,
            _ => {}
        }
    }
    false
}
