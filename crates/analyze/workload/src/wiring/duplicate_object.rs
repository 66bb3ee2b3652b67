//! `wiring/duplicate-object`

use ironclad_check::{Applies, Cx, Meta};
use ironclad_model::{Kind, Object, Severity, Spot, UnitId, group_of};
use ironclad_tree::f;
use rustc_hash::FxHashMap;

pub(super) static META: Meta = Meta {
    id: "wiring/duplicate-object",
    title: "object defined twice",
    severity: Severity::High,
    reads: &[Kind::ANY],
    applies: Applies::Files,
    page: include_str!("duplicate_object.md"),
    ..Meta::DEFAULT
};

/// Who an object is to the API server, within what is deployed as one.
type Key<'a> = (UnitId, &'a str, &'a str, Option<&'a str>, &'a str);

pub(super) fn check(cx: &mut Cx<'_>) {
    let mut first: FxHashMap<Key<'_>, &Object> = FxHashMap::default();
    for object in cx.snapshot().objects() {
        let Some(name) = own_name(object) else { continue };
        // A kind that moved from one group to another is still one kind.
        let group = match object.kind() {
            Kind::OTHER => group_of(object.api_version()),
            kind => kind.group(),
        };
        // Instructions for a tool, not objects of a cluster.
        if group == "kustomize.config.k8s.io" {
            continue;
        }
        let key = (object.unit(), group, object.kind_name(), object.namespace(), name);
        let Some(before) = first.get(&key) else {
            first.insert(key, object);
            continue;
        };
        let at = Spot::at(object.root()).field(f::METADATA).field(f::NAME);
        let finder = cx
            .find_in(object, at, format!("{} is defined twice", object.identity()))
            .label("whichever is applied last wins")
            .related_in(before, before.root(), "first here");
        // Folders are often variants that are never applied together.
        if folder(before) != folder(object) {
            finder.severity(Severity::Low);
        }
    }
}

fn own_name(object: &Object) -> Option<&str> {
    object.metadata()?.get(f::NAME)?.value().text().filter(|name| !name.is_empty())
}

fn folder(object: &Object) -> &str {
    object.source_name().rsplit_once('/').map_or("", |(folder, _)| folder)
}
