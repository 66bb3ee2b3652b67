//! Fingerprints: what makes two findings the same one, whatever happened to lines, order and layout in between.
//!
//! The hash covers check id, unit, group, kind, namespace, name, container and the path with list elements named by
//! their merge key (`containers[name=web]`) or, for scalars, by their value. What is still equal after that gets an
//! ordinal in document order.

use ironclad_model::{Finding, Kind as ObjectKind, Object, Place, Snapshot, group_of};
use ironclad_tree::{Kind, NodeRef, Step};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Keys by which Kubernetes merges list elements (`x-kubernetes-list-map-keys`, `patch-merge-key`), in the order tried.
const MERGE_KEYS: &[&str] =
    &["name", "containerPort", "mountPath", "devicePath", "port", "key", "ip", "topologyKey", "uid", "type", "host"];

/// The pointer of a place with list elements named by merge key or value instead of index.
pub fn keyed_path(object: &Object, place: &Place) -> String {
    path(object, place, false)
}

/// A value that is a secret must not be in a hash that somebody could try passwords against: its place is.
fn path(object: &Object, place: &Place, is_secret: bool) -> String {
    let document = object.document();
    let root = object.root();
    let skip = document.path_to(root.id()).len();
    let mut out = String::new();
    let mut at = root;
    for step in document.path_to(place.node).into_iter().skip(skip) {
        match step {
            Step::Key(key) => {
                let _ = write!(out, "/{key}");
                match at.get_str(key) {
                    Some(entry) => at = entry.value(),
                    None => break,
                }
            }
            Step::Index(index) => {
                let Some(item) = at.items().nth(index) else { break };
                let named =
                    if is_secret && item.kind() != Kind::Mapping { index.to_string() } else { element(item, index) };
                let _ = write!(out, "[{named}]");
                at = item;
            }
        }
    }
    for name in &place.missing {
        let _ = write!(out, "/{name}");
    }
    out
}

fn element(item: NodeRef<'_>, index: usize) -> String {
    if item.kind() == Kind::Mapping {
        let named = MERGE_KEYS.iter().find_map(|key| {
            let text = item.get_str(key)?.value().text()?;
            Some(format!("{key}={text}"))
        });
        return named.unwrap_or_else(|| index.to_string());
    }
    item.text().map_or_else(|| index.to_string(), |text| format!("={text}"))
}

/// Gives each finding its fingerprint. The findings are in their final order.
pub fn stamp(findings: &mut [Finding], snapshot: &Snapshot) {
    // By the hash alone: the texts of a large tree's findings would take more memory than the tree.
    let mut seen: FxHashMap<[u8; 16], u32> = FxHashMap::default();
    for finding in findings {
        let parts = match snapshot.object(finding.object) {
            Some(object) => {
                let known = object.kind() != ObjectKind::OTHER;
                let group = if known { object.kind().group() } else { group_of(object.api_version()) };
                let unit = snapshot.unit(object.unit()).map_or("", |unit| unit.name.as_str());
                // What lies in a comment has no path; its message names its subject.
                let path = match &finding.elsewhere {
                    Some(_) => finding.message.clone(),
                    None => path(object, &finding.place, !finding.hidden.is_empty()),
                };
                [
                    finding.check,
                    unit,
                    group,
                    object.kind_name(),
                    object.namespace().unwrap_or_default(),
                    object.name(),
                    finding.container.as_deref().unwrap_or_default(),
                    &path,
                ]
                .join("\u{1f}")
            }
            None => [finding.check, finding.source_name(snapshot), &finding.message].join("\u{1f}"),
        };
        let first = digest(&parts);
        let ordinal = seen.entry(first).and_modify(|n| *n += 1).or_insert(0);
        let hash = if *ordinal > 0 { digest(&format!("{parts}\u{1f}{ordinal}")) } else { first };
        let mut hex = String::with_capacity(2 * hash.len());
        for byte in hash {
            let _ = write!(hex, "{byte:02x}");
        }
        finding.fingerprint = hex;
    }
}

/// Half of a SHA-256: equal for equal texts, and nobody finds two others.
fn digest(text: &str) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
    half
}
