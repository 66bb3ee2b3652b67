//! `hygiene/sorted-keys`

use ironclad_check::{Applies, Cx, Meta, Profile};
use ironclad_model::{Kind, Object, Severity};
use ironclad_tree::Kind as NodeKind;

pub(super) static META: Meta = Meta {
    id: "hygiene/sorted-keys",
    title: "keys out of order",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::ANY],
    applies: Applies::Files,
    page: include_str!("sorted_keys.md"),
    ..Meta::DEFAULT
};

/// Who does not sort sorts nothing: after so many the point is made.
const MOST: usize = 20;

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let mut pending = vec![object.root()];
    let mut found = 0;
    while let Some(node) = pending.pop() {
        if node.kind() == NodeKind::Sequence {
            pending.extend(node.items());
            continue;
        }
        let mut before: Option<&str> = None;
        let mut is_reported = false;
        for entry in node.entries() {
            pending.push(entry.value());
            // What a merge brings stands elsewhere.
            if entry.merged() {
                continue;
            }
            if let Some(before) = before.filter(|before| entry.key() < *before && !is_reported && found < MOST) {
                cx.find(entry.value(), format!("`{}` stands behind `{before}`", entry.key()));
                is_reported = true;
                found += 1;
            }
            before = Some(entry.key());
        }
    }
}
