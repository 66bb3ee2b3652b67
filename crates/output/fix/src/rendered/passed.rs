//! Objects that were printed and deploy others (an app of apps): a value on its way through one shows in it as well. It
//! may change there, in scalars that come from the bytes that are edited, and nothing else of the object may.

use super::Held;
use ironclad_model::{Origins, Place};
use ironclad_tree::{Document, Kind, NodeRef, Source, Span};
use std::sync::Arc;

/// A text that is edited, and where.
pub(super) struct EditedText {
    pub(super) now: Arc<Source>,
    pub(super) after: Arc<Source>,
    pub(super) spans: Vec<Span>,
}

/// Kinds whose objects hand values on. What they deploy is looked at by itself.
const DEPLOY: &[&str] = &["Application", "ApplicationSet", "HelmRelease"];

/// Does a printed object differ in nothing but what it hands on?
pub(super) fn hands_on(old: &Held, new: &Document, edited: &[EditedText]) -> bool {
    let Some(origins) = old.origins.as_ref().filter(|_| !old.is_file) else { return false };
    let kind = old.document.root().get_str("kind").and_then(|entry| entry.value().as_str());
    kind.is_some_and(|kind| DEPLOY.contains(&kind))
        && same(old.document.root(), new.root(), &|node| comes_from(&old.document, origins, node, edited))
}

fn comes_from(document: &Document, origins: &Origins, node: NodeRef<'_>, edited: &[EditedText]) -> bool {
    let place = Place { node: node.id(), missing: Vec::new(), part: None };
    let chain = origins.resolve(document, &place, place.span(document));
    chain.iter().chain(&origins.suppliers(node.span())).any(|link| {
        let own = edited.iter().filter(|text| text.now.name() == link.source.name()).flat_map(|text| &text.spans);
        own.into_iter().any(|span| span.start <= link.span.end && link.span.start <= span.end)
    })
}

/// The same shape, and the same scalars but for those that may differ.
fn same(old: NodeRef<'_>, new: NodeRef<'_>, may_differ: &dyn Fn(NodeRef<'_>) -> bool) -> bool {
    match (old.kind(), new.kind()) {
        (Kind::Mapping, Kind::Mapping) => {
            old.len() == new.len()
                && old.entries().all(|entry| {
                    new.get_str(entry.key()).is_some_and(|other| same(entry.value(), other.value(), may_differ))
                })
        }
        (Kind::Sequence, Kind::Sequence) => {
            old.len() == new.len() && old.items().zip(new.items()).all(|(old, new)| same(old, new, may_differ))
        }
        (Kind::Mapping | Kind::Sequence, _) | (_, Kind::Mapping | Kind::Sequence) => false,
        _ => old.eq_value(new) || may_differ(old),
    }
}
