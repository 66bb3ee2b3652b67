//! From a live object back to the manifest that it was applied from (`--source`).
//!
//! An object of the cluster and one of the files are the same when kind, namespace and name are; a file that names no
//! namespace stands for any, where only one such object is in the files. A field is found by its path, an element of a
//! list by its name or value. Where the manifest lacks the field, the finding points at the place that it belongs to.
//!
//! Invariant: what must not be shown of the live object is not shown of the manifest either.

use ironclad_check::sort_findings;
use ironclad_model::{Finding, Kind, Link, Object, Place, Role, Snapshot};
use ironclad_tree::{Kind as NodeKind, NodeRef, Step};

/// Gives findings in live objects the places of their manifests, in the order that follows from that.
pub(super) fn track(findings: &mut [Finding], live: &Snapshot, files: &Snapshot) {
    for finding in findings.iter_mut() {
        let object = live.object(finding.object).filter(|o| o.is_live() && finding.elsewhere.is_none());
        let Some((object, manifest)) = object.and_then(|object| Some((object, manifest_of(object, files)?))) else {
            continue;
        };
        let (source, span) = manifest.edited_at(&place(object, &finding.place, manifest));
        if !finding.hidden.is_empty() {
            finding.hidden = vec![span];
        }
        finding.rendered_from = vec![Link { source, span, role: Role::Tracked }];
    }
    sort_findings(findings, live);
}

fn manifest_of<'f>(object: &Object, files: &'f Snapshot) -> Option<&'f Object> {
    let same = |candidate: &&Object| candidate.kind() != Kind::OTHER || candidate.kind_name() == object.kind_name();
    let named = |namespace: Option<&str>| -> Vec<&'f Object> {
        let found = files.named(object.kind(), namespace, object.name());
        found.into_iter().filter(same).collect()
    };
    let exact = named(object.namespace());
    let found = if exact.is_empty() && object.namespace().is_some() { named(None) } else { exact };
    // Of two candidates nobody knows which was applied.
    match found.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

/// The place in the manifest that corresponds to one in the live object.
fn place(object: &Object, place: &Place, manifest: &Object) -> Place {
    let document = object.document();
    let skip = document.path_to(object.root().id()).len();
    let mut live = object.root();
    let mut at = manifest.root();
    let mut missing: Vec<String> = Vec::new();
    for step in document.path_to(place.node).into_iter().skip(skip) {
        let (next, same) = match step {
            Step::Key(key) => (value(live, key), value(at, key)),
            Step::Index(index) => {
                let item = live.items().nth(index);
                (item, item.and_then(|item| alike(item, index, at)))
            }
        };
        match (same, step) {
            (Some(same), _) if missing.is_empty() => at = same,
            (_, Step::Key(key)) => missing.push(key.to_owned()),
            // An element that the manifest lacks: the list is the nearest place.
            (_, Step::Index(_)) => break,
        }
        match next {
            Some(next) => live = next,
            None => break,
        }
    }
    missing.extend(place.missing.iter().cloned());
    Place { node: at.id(), missing, part: None }
}

fn value<'n>(node: NodeRef<'n>, key: &str) -> Option<NodeRef<'n>> {
    node.get_str(key).map(|entry| entry.value())
}

/// The element of a list that stands for another list's.
fn alike<'n>(item: NodeRef<'_>, index: usize, list: NodeRef<'n>) -> Option<NodeRef<'n>> {
    let name = |node: NodeRef<'_>| value(node, "name").and_then(|name| name.text().map(str::to_owned));
    match (item.kind(), name(item)) {
        (NodeKind::Mapping, Some(wanted)) => list.items().find(|other| name(*other).as_ref() == Some(&wanted)),
        (NodeKind::Mapping | NodeKind::Sequence, _) => list.items().nth(index),
        _ => list.items().find(|other| other.text() == item.text()),
    }
}
