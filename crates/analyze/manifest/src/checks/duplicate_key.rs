//! `manifest/duplicate-key`

use super::belongs;
use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity, Spot};

pub(super) static META: Meta = Meta {
    id: "manifest/duplicate-key",
    title: "key is written twice",
    severity: Severity::High,
    reads: &[Kind::ANY],
    applies: Applies::Files,
    page: include_str!("duplicate_key.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let document = object.document();
    for duplicate in document.duplicates() {
        if !belongs(object, duplicate.mapping) {
            continue;
        }
        let mapping = document.node(duplicate.mapping);
        let line = document.source().position(duplicate.kept.start).line;
        let finder = cx
            .find(mapping, format!("`{}` is written again on line {line}, and this one is lost", duplicate.name))
            .part(duplicate.key)
            .label("the API server gets the last one only");
        if let Some(kept) = mapping.get_str(&duplicate.name) {
            finder.related(Spot::at(kept.value()), "this one is kept");
        }
    }
}
