//! `manifest/lost-document`

use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::{NodeId, Note, Span};

pub(super) static META: Meta = Meta {
    id: "manifest/lost-document",
    title: "text that kubectl never reads",
    severity: Severity::High,
    reads: &[Kind::ANY],
    applies: Applies::Files,
    page: include_str!("lost_document.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let document = object.document();
    // Said once a document, by the object that is it or comes first in it.
    let first = object.root().id() == NodeId::ROOT
        || document.root().get_str("items").and_then(|items| items.value().items().next()).map(|i| i.id())
            == Some(object.root().id());
    if !first {
        return;
    }
    for note in document.notes() {
        let Note::LostText(span) = note else { continue };
        let text = document.source().text();
        let line = text.get(span.start as usize..).and_then(|t| t.lines().next()).unwrap_or_default().len() as u32;
        let last = document.source().position(span.end).line;
        cx.find(document.root(), format!("everything from here to line {last} is dropped"))
            .part(Span { start: span.start, end: span.start + line })
            .label("kubectl reads one document between two `---` lines");
    }
}
