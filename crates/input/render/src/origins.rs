//! The marks of a manifest as [`Origins`] of its document.

use ironclad_gotemplate::{Mark, Text, Trails};
use ironclad_model::{Link, OriginId, Origins};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The table of a manifest's bytes.
pub(crate) fn of_text(text: &Text, trails: &Trails) -> Origins {
    let mut origins = Origins::default();
    let mut known: FxHashMap<Mark, Option<OriginId>> = FxHashMap::default();
    let mut links = Vec::new();
    for (range, run) in text.runs() {
        let origin = match known.get(&run.mark) {
            Some(origin) => *origin,
            None => {
                if !trails.chain(run.mark, &mut links) {
                    links = one_chain(trails.chains(run.mark, None));
                }
                let origin = (!links.is_empty()).then(|| origins.intern(links.drain(..).collect::<Arc<[Link]>>()));
                known.insert(run.mark, origin);
                origin
            }
        };
        origins.push_bytes(range.end as u32, origin, run.linear());
    }
    origins
}

/// Where several places supplied a text together, the template that put them together is the one to edit: it ends the
/// chain, and they stand before it.
pub(crate) fn one_chain(mut chains: Vec<Vec<Link>>) -> Vec<Link> {
    if chains.len() <= 1 {
        return chains.pop().unwrap_or_default();
    }
    let Some(first) = chains.first().cloned() else { return Vec::new() };
    let same_end = chains.iter().all(|chain| match (chain.last(), first.last()) {
        (Some(a), Some(b)) => a.is_same(b),
        _ => false,
    });
    if same_end {
        return first;
    }
    let mut chain: Vec<Link> = Vec::new();
    for link in chains.iter().flatten().filter(|link| link.role.is_supplier()) {
        if !chain.iter().any(|known| known.is_same(link)) {
            chain.push(link.clone());
        }
    }
    let template = first.into_iter().rev().find(|link| !link.role.is_supplier());
    match template {
        Some(template) => chain.push(template),
        None => chain.truncate(1),
    }
    chain
}
