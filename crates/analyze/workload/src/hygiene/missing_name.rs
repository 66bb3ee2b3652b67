//! `hygiene/missing-name`

use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity, Spot, group_of};
use ironclad_tree::{Kind as NodeKind, f};
use ironclad_views::{lifecycle::lifecycle, schema};

pub(super) static META: Meta = Meta {
    id: "hygiene/missing-name",
    title: "object without a name",
    severity: Severity::High,
    reads: &[Kind::ANY],
    applies: Applies::Files,
    page: include_str!("missing_name.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    // A name of another type is an error of reading.
    let metadata = object.root().get(f::METADATA).map(|entry| entry.value());
    let has_name = metadata.is_some_and(|metadata| {
        [f::NAME, f::GENERATE_NAME].into_iter().any(|name| {
            metadata.get(name).is_some_and(|entry| !entry.value().is_null() && entry.value().as_str() != Some(""))
        })
    });
    if has_name
        || !is_stored(object)
        || metadata.is_some_and(|node| !matches!(node.kind(), NodeKind::Mapping | NodeKind::Null))
    {
        return;
    }
    cx.find(Spot::at(object.root()).field(f::METADATA).field(f::NAME), "object has no name")
        .label("the API server refuses the object");
}

/// Requests that are answered and forgotten need no name, nor do the files of tools. What a custom kind is nobody can
/// tell but by the shape of its file.
fn is_stored(object: &Object) -> bool {
    let (version, kind) = (object.api_version(), object.kind_name());
    if kind.ends_with("Review") || kind.ends_with("List") || matches!(kind, "TokenRequest" | "Eviction" | "Scale") {
        return false;
    }
    let group = group_of(version);
    // The group of a tool's file (`audit.k8s.io`, `kubelet.config.k8s.io`) serves nothing.
    let is_served = || object.kind().group() == group || schema::kinds().iter().any(|known| known.group == group);
    schema::kind(version, kind).is_some()
        || lifecycle(version, kind).is_some()
        || (object.kind() != Kind::OTHER && is_served())
        || (object.metadata().is_some() && object.root().get(f::SPEC).is_some())
}
