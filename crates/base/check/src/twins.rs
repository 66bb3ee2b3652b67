//! Live objects that say the same as a sibling: the pods of one owner that is not in the snapshot (a custom resource,
//! or one that could not be read). One of them is judged for all.
//!
//! Invariant: only objects with the same owner, and with the same specification but for what the scheduler and the
//! API server add to each, are twins. Who differs in anything else is judged by itself.

use ironclad_model::{Kind, Object, ObjectId, Snapshot};
use ironclad_tree::{Kind as NodeKind, NodeRef, f};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};

/// The objects that another one stands for.
pub(crate) fn of(snapshot: &Snapshot) -> FxHashSet<ObjectId> {
    let mut first: FxHashMap<(Kind, Option<&str>, &str, u64), &Object> = FxHashMap::default();
    let mut twins = FxHashSet::default();
    for kind in [Kind::POD, Kind::REPLICA_SET, Kind::JOB] {
        for object in snapshot.of_kind(kind) {
            if !object.is_live() {
                continue;
            }
            let Some(owner) = absent_owner(object, snapshot) else { continue };
            // Nothing runs from a revision that was scaled away.
            let replicas = object.root().at_pointer("/spec/replicas").and_then(|node| node.as_i64());
            if kind == Kind::REPLICA_SET && replicas == Some(0) {
                twins.insert(object.id());
                continue;
            }
            let key = (kind, object.namespace(), owner, fingerprint(object));
            match first.get(&key) {
                Some(known) if known.name() <= object.name() => {
                    twins.insert(object.id());
                }
                Some(known) => {
                    twins.insert(known.id());
                    first.insert(key, object);
                }
                None => {
                    first.insert(key, object);
                }
            }
        }
    }
    twins
}

/// Uid of the controller, where it is not in the snapshot. A static pod's mirror belongs to its Node, which says
/// nothing of what runs in it.
fn absent_owner<'a>(object: &'a Object, snapshot: &Snapshot) -> Option<&'a str> {
    let owners = object.metadata()?.get(f::OWNER_REFERENCES)?.value();
    let owner = owners.items().find(|o| o.get(f::CONTROLLER).and_then(|e| e.value().as_bool()) == Some(true))?;
    if owner.get(f::KIND).and_then(|e| e.value().as_str()) == Some("Node") || snapshot.controller_of(object).is_some() {
        return None;
    }
    owner.get_str("uid")?.value().text()
}

fn fingerprint(object: &Object) -> u64 {
    let mut hasher = FxHasher::default();
    if let Some(spec) = object.root().get(f::SPEC) {
        hash(spec.value(), &mut hasher);
    }
    hasher.finish()
}

/// What is told apart: everything but the node, the name, and the token's volume, whose name is made up for each pod.
fn hash(node: NodeRef<'_>, hasher: &mut FxHasher) {
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        node.kind().hash(hasher);
        match node.kind() {
            NodeKind::Mapping => {
                for entry in node.entries() {
                    if !matches!(entry.key(), "nodeName" | "hostname" | "pod-template-hash" | "controller-uid") {
                        entry.key().hash(hasher);
                        pending.push(entry.value());
                    }
                }
            }
            NodeKind::Sequence => pending.extend(node.items().filter(|item| !is_token(*item))),
            _ => node.text().hash(hasher),
        }
    }
}

fn is_token(item: NodeRef<'_>) -> bool {
    let name = item.get(f::NAME).and_then(|entry| entry.value().as_str());
    name.is_some_and(|name| name.starts_with("kube-api-access-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_tree::{Limits, Source, parse};

    fn snapshot(text: &str) -> Snapshot {
        let mut builder = Snapshot::builder();
        let live = Source::new("cluster:test", "");
        for document in parse(&Source::new("t", text), &Limits::default()).documents {
            builder.add(document.detach(&live), Default::default());
        }
        builder.build()
    }

    fn pod(name: &str, uid: &str, node: &str, image: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  ownerReferences: [{{apiVersion: e.com/v1, kind: Thing, name: t, uid: {uid}, controller: true}}]\n\
             spec: {{nodeName: {node}, containers: [{{name: c, image: {image}}}], volumes: [{{name: kube-api-access-{name}}}]}}\n---\n"
        )
    }

    #[test]
    fn one_stands_for_all_that_are_alike() {
        let text =
            [pod("b", "1", "n1", "x"), pod("a", "1", "n2", "x"), pod("c", "1", "n2", "y"), pod("d", "2", "n1", "x")];
        let snapshot = snapshot(&text.concat());
        let twins = of(&snapshot);
        let names: Vec<&str> = snapshot.objects().filter(|o| twins.contains(&o.id())).map(|o| o.name()).collect();
        assert_eq!(names, ["b"]);
    }
}
