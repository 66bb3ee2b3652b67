//! Fingerprints: what makes two findings the same one, whatever happened to lines, order and layout in between.
//!
//! The hash covers check id, unit, group, kind, namespace, name, container and the path with list elements named by
//! their merge key (`containers[name=web]`) or, for scalars, by their value. What is still equal after that gets an
//! ordinal in document order.

use ironclad_model::{Finding, Kind as ObjectKind, Object, Place, Snapshot, group_of};
use ironclad_tree::{Kind, NodeRef, Symbol, f};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

/// Keys by which Kubernetes merges list elements (`x-kubernetes-list-map-keys`, `patch-merge-key`), in the order tried.
const MERGE_KEYS: [Symbol; 11] = [
    f::NAME,
    f::CONTAINER_PORT,
    f::MOUNT_PATH,
    f::DEVICE_PATH,
    f::PORT,
    f::KEY,
    f::IP,
    f::TOPOLOGY_KEY,
    f::UID,
    f::TYPE,
    f::HOST,
];

/// The pointer of a place with list elements named by merge key or value instead of index.
pub fn keyed_path(object: &Object, place: &Place) -> String {
    let mut out = String::new();
    path(object, place, false, &mut out);
    out
}

/// A value that is a secret must not be in a hash that somebody could try passwords against: its place is.
fn path(object: &Object, place: &Place, is_secret: bool, out: &mut String) {
    let document = object.document();
    for (node, entry, index) in document.steps_below(object.root().id(), place.node) {
        match entry {
            Some(entry) => {
                out.push('/');
                out.push_str(entry.key());
            }
            None => {
                let item = document.node(node);
                out.push('[');
                let is_named = !is_secret || item.kind() == Kind::Mapping;
                if !is_named || !push_element(out, item) {
                    out.push_str(&index.to_string());
                }
                out.push(']');
            }
        }
    }
    for name in &place.missing {
        out.push('/');
        out.push_str(name);
    }
}

/// Names an element by its merge key, a scalar by its value; says no where it has neither.
fn push_element(out: &mut String, item: NodeRef<'_>) -> bool {
    if item.kind() == Kind::Mapping {
        let named = MERGE_KEYS.iter().find_map(|key| {
            let entry = item.get(*key)?;
            Some((entry.key(), entry.value().text()?))
        });
        let Some((key, text)) = named else { return false };
        out.push_str(key);
        out.push('=');
        out.push_str(text);
        return true;
    }
    let Some(text) = item.text() else { return false };
    out.push('=');
    out.push_str(text);
    true
}

/// Gives each finding its fingerprint. The findings are in their final order.
pub fn stamp(findings: &mut [Finding], snapshot: &Snapshot) {
    // By the hash alone: the texts of a large tree's findings would take more memory than the tree.
    let hash = |text: &mut String, finding: &Finding| {
        text.clear();
        identity(finding, snapshot, text);
        digest(text)
    };
    let hashes: Vec<[u8; 16]> = findings.par_iter().map_init(String::new, hash).collect();
    let mut seen: FxHashMap<[u8; 16], u32> = FxHashMap::default();
    seen.reserve(hashes.len());
    for (finding, first) in findings.iter_mut().zip(hashes) {
        let ordinal = seen.entry(first).and_modify(|n| *n += 1).or_insert(0);
        let hash = match *ordinal {
            0 => first,
            ordinal => {
                let mut text = String::new();
                identity(finding, snapshot, &mut text);
                digest(&format!("{text}\u{1f}{ordinal}"))
            }
        };
        finding.fingerprint = hex(hash);
    }
}

/// Adds what is hashed to a text.
fn identity(finding: &Finding, snapshot: &Snapshot, out: &mut String) {
    let mut say = |parts: &[&str]| {
        for part in parts {
            out.push_str(part);
            out.push('\u{1f}');
        }
    };
    let Some(object) = snapshot.object(finding.object) else {
        say(&[finding.check, finding.source_name(snapshot)]);
        out.push_str(&finding.message);
        return;
    };
    let known = object.kind() != ObjectKind::OTHER;
    let group = if known { object.kind().group() } else { group_of(object.api_version()) };
    let unit = snapshot.unit(object.unit()).map_or("", |unit| unit.name.as_str());
    let container = finding.container.as_deref().unwrap_or_default();
    let (namespace, kind) = (object.namespace().unwrap_or_default(), object.kind_name());
    say(&[finding.check, unit, group, kind, namespace, object.name(), container]);
    // What lies in a comment has no path; its message names its subject.
    match &finding.elsewhere {
        Some(_) => out.push_str(&finding.message),
        None => path(object, &finding.place, !finding.hidden.is_empty(), out),
    }
}

fn hex(hash: [u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(32);
    for byte in hash {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Half of a SHA-256: equal for equal texts, and nobody finds two others.
fn digest(text: &str) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
    half
}
