//! `manifest/yaml-1-1`

use super::belongs;
use ironclad_check::{Applies, Cx, FixKind, Meta};
use ironclad_model::{Edit, Kind, Object, Place, Safety, Severity};
use ironclad_tree::{Document, Kind as NodeKind, NodeRef, Note, Span};

pub(super) static META: Meta = Meta {
    id: "manifest/yaml-1-1",
    title: "word or number that YAML 1.1 reads as something else",
    severity: Severity::Low,
    reads: &[Kind::ANY],
    applies: Applies::Files,
    fix: FixKind::Safe,
    page: include_str!("yaml_1_1.md"),
    ..Meta::DEFAULT
};

/// Fields whose values are texts, by the name of the field or of the mapping around it.
const TEXT_MAPS: &[&str] = &["labels", "annotations", "matchLabels", "nodeSelector", "stringData", "data", "selector"];
const TEXT_FIELDS: &[&str] = &["args", "command", "value"];

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let document = object.document();
    for note in document.notes() {
        let Note::Yaml11 { span, text } = note else { continue };
        let Some((node, is_key)) = find(document, *span) else { continue };
        if !belongs(object, node.id()) || !(is_key || wants_text(document, node)) {
            continue;
        }
        let read = if is_key {
            node.entries().find(|e| e.key_start() == span.start).map(|e| e.key().to_owned()).unwrap_or_default()
        } else {
            let mut json = String::new();
            node.write_json(&mut json);
            json
        };
        let what = if is_key { "key" } else { "value" };
        let message = format!("unquoted {what} `{text}` is read as `{read}`");
        let finder = cx.find(node, message).part(*span).label("kubectl reads YAML 1.1");
        let title = format!("write `\"{text}\"`");
        if !is_key {
            finder.fix_set(title, Safety::Safe, node, &format!("\"{text}\""));
        } else if let Some(entry) = node.entries().find(|entry| entry.key_start() == span.start) {
            finder.fix(title, Safety::Safe, vec![Edit::Rename(Place::of(entry.value().into()), text.clone())]);
        }
    }
}

/// The node whose text this is; for a key the mapping that has it.
fn find(document: &Document, span: Span) -> Option<(NodeRef<'_>, bool)> {
    let mut node = document.root();
    loop {
        if node.span() == span && !matches!(node.kind(), NodeKind::Mapping | NodeKind::Sequence) {
            return Some((node, false));
        }
        let inside = |outer: Span| outer.start <= span.start && span.end <= outer.end;
        let mut next = None;
        for entry in node.entries().filter(|entry| !entry.merged()) {
            if entry.key_start() == span.start {
                return Some((node, true));
            }
            if inside(entry.value().span()) {
                next = Some(entry.value());
            }
        }
        node = next.or_else(|| node.items().find(|item| inside(item.span())))?;
    }
}

fn wants_text(document: &Document, node: NodeRef<'_>) -> bool {
    let own = document.entry_of(node.id()).map(|entry| entry.key());
    let Some(parent) = document.parent(node.id()) else { return false };
    let outer = document.entry_of(parent.id()).map(|entry| entry.key());
    let named = |name: Option<&str>, list: &[&str]| name.is_some_and(|name| list.contains(&name));
    match parent.kind() {
        NodeKind::Mapping => named(outer, TEXT_MAPS) || own == Some("value"),
        NodeKind::Sequence => named(outer, TEXT_FIELDS),
        _ => false,
    }
}
