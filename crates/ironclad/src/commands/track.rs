//! From a live object back to the manifest that it was applied from (`--source`).
//!
//! An object of the cluster and one of the files are the same when kind, namespace and name are; a file that names no
//! namespace stands for any. Of several, what the object says of its origin decides: its Helm release (whose chart is
//! rendered under that name), its Argo CD application or Flux Kustomization (whose `path` is known from the files). A
//! field is found by its path, an element of a list by its name or value. Where the manifest lacks the field, the
//! finding points at the place that it belongs to.
//!
//! Invariant: what must not be shown of the live object is not shown of the manifest either.

mod manifests;

pub(super) use manifests::Manifests;

use ironclad_check::sort_findings;
use ironclad_model::{Finding, Link, Object, Place, Role, Snapshot};
use ironclad_report::DRIFT;
use ironclad_tree::{Kind as NodeKind, NodeRef, Step};

/// Gives findings in live objects the places of their manifests, in the order that follows from that.
pub(super) fn track(findings: &mut [Finding], live: &Snapshot, manifests: &Manifests) {
    for finding in findings.iter_mut() {
        let object = live.object(finding.object).filter(|o| o.is_live() && finding.elsewhere.is_none());
        let Some(object) = object else { continue };
        if let Some(template) = manifests.template_of(object) {
            finding.evidence.push(("helmTemplate", template.to_owned()));
        }
        let Some(manifest) = manifests.of(object) else { continue };
        let there = place(object, &finding.place, manifest);
        let (source, span) = manifest.edited_at(&there.place);
        if !finding.hidden.is_empty() {
            finding.hidden = vec![span];
        } else if let Some(drift) = there.drift {
            finding.evidence.push((DRIFT, drift));
        }
        finding.rendered_from = vec![Link { source, span, role: Role::Tracked }];
    }
    sort_findings(findings, live);
}

/// Where in the manifest, and what it says there that the cluster does not.
struct There {
    place: Place,
    drift: Option<String>,
}

/// Longer values are not compared in words.
const LONGEST: usize = 60;

/// The place in the manifest that corresponds to one in the live object.
fn place(object: &Object, place: &Place, manifest: &Object) -> There {
    let document = object.document();
    let skip = document.path_to(object.root().id()).len();
    let mut live = object.root();
    let mut at = manifest.root();
    let mut missing: Vec<String> = Vec::new();
    let mut drift = None;
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
            (_, Step::Index(_)) => {
                if missing.is_empty() {
                    drift = next.and_then(name).map(|name| format!("the manifest has no `{name}` here"));
                }
                break;
            }
        }
        match next {
            Some(next) => live = next,
            None => break,
        }
    }
    if missing.is_empty() && place.missing.is_empty() && drift.is_none() {
        drift = differs(live, at);
    }
    missing.extend(place.missing.iter().cloned());
    There { place: Place { node: at.id(), missing, part: None }, drift }
}

/// Both are plain values, and not the same: somebody changed the object in the cluster, or the manifest was not applied.
fn differs(live: NodeRef<'_>, manifest: NodeRef<'_>) -> Option<String> {
    let (now, then) = (live.text()?, manifest.text()?);
    let shown = |text: &str| text.chars().count() <= LONGEST && !text.contains(char::is_control);
    (now != then && !live.eq_value(manifest) && shown(now) && shown(then))
        .then(|| format!("the manifest says `{then}`, and the cluster has `{now}`"))
}

fn value<'n>(node: NodeRef<'n>, key: &str) -> Option<NodeRef<'n>> {
    node.get_str(key).map(|entry| entry.value())
}

fn name(node: NodeRef<'_>) -> Option<String> {
    value(node, "name").and_then(|name| name.text().map(str::to_owned))
}

/// The element of a list that stands for another list's.
fn alike<'n>(item: NodeRef<'_>, index: usize, list: NodeRef<'n>) -> Option<NodeRef<'n>> {
    match (item.kind(), name(item)) {
        (NodeKind::Mapping, Some(wanted)) => list.items().find(|other| name(*other).as_ref() == Some(&wanted)),
        (NodeKind::Mapping | NodeKind::Sequence, _) => list.items().nth(index),
        _ => list.items().find(|other| other.text() == item.text()),
    }
}
