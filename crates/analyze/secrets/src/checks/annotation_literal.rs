//! `secrets/annotation-literal`

use crate::place::{LAST_APPLIED, complete, forms, search};
use ironclad_check::{Cx, Meta};
use ironclad_model::{Confidence, Kind, Object, Severity};
use ironclad_tree::{NodeRef, f};
use ironclad_views::{WorkloadKinds, pods};

pub(super) static META: Meta = Meta {
    id: "secrets/annotation-literal",
    title: "annotation with a secret in plain text",
    severity: Severity::High,
    confidence: Confidence::Likely,
    reads: &[Kind::ANY],
    // Everything of a cluster only for this would be much to ask.
    asks: Some(&[Kind::ANY_POD, Kind::CONFIG_MAP, Kind::INGRESS, Kind::SERVICE]),
    tags: &["mitre:T1552"],
    page: include_str!("annotation_literal.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let own = object.metadata();
    // What a controller made has the annotations of its template, and is not where they are written.
    if is_made(object) {
        return;
    }
    annotations(own, cx);
    for pod in pods(object, &WorkloadKinds::default()) {
        let template = pod.metadata.spot().node();
        if template.map(|node| node.id()) != own.map(|node| node.id()) {
            annotations(template, cx);
        }
    }
}

fn is_made(object: &Object) -> bool {
    let owners = object.metadata().and_then(|metadata| metadata.get(f::OWNER_REFERENCES));
    let controls =
        |owner: NodeRef<'_>| owner.get(f::CONTROLLER).is_some_and(|entry| entry.value().as_bool() == Some(true));
    object.is_live() && owners.into_iter().flat_map(|owners| owners.value().items()).any(controls)
}

/// Annotations name Secrets, hosts and switches by the words of secrets, so a name alone says nothing: only a form does, and
/// an assignment in a value that is a text of its own.
fn annotations(metadata: Option<NodeRef<'_>>, cx: &mut Cx<'_>) {
    let annotations = metadata.and_then(|metadata| metadata.get(f::ANNOTATIONS)).map(|entry| entry.value());
    for entry in annotations.into_iter().flat_map(|annotations| annotations.entries()) {
        let Some(value) = entry.value().as_str().filter(|_| entry.key() != LAST_APPLIED) else { continue };
        let is_text = value.contains('\n') || value.contains("\":");
        for found in if is_text { search(value) } else { forms(value) } {
            let finder = cx
                .find(entry.value(), format!("annotation `{}` holds {}", entry.key(), found.what))
                .label("whoever can see the object can read it, and every tool prints it");
            complete(finder, entry.value(), found.range, found.confidence);
        }
    }
}
