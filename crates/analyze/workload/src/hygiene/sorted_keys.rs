//! `hygiene/sorted-keys`

use ironclad_check::{Applies, Cx, FixKind, Meta, Profile};
use ironclad_model::{Edit, Kind, Object, Place, Safety, Severity};
use ironclad_tree::{Kind as NodeKind, NodeRef};

pub(super) static META: Meta = Meta {
    id: "hygiene/sorted-keys",
    title: "keys out of order",
    severity: Severity::Info,
    profile: Profile::OptIn,
    reads: &[Kind::ANY],
    applies: Applies::Files,
    fix: FixKind::Safe,
    page: include_str!("sorted_keys.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    let mut pending = vec![object.root()];
    while let Some(node) = pending.pop() {
        if node.kind() == NodeKind::Sequence {
            pending.extend(node.items());
            continue;
        }
        let mut before: Option<&str> = None;
        let mut out_of_order = None;
        for entry in node.entries() {
            pending.push(entry.value());
            // What a merge brings stands elsewhere.
            if entry.merged() {
                continue;
            }
            if let Some(before) = before.filter(|before| entry.key() < *before) {
                out_of_order = out_of_order.or(Some((entry, before)));
            }
            before = Some(entry.key());
        }
        if let Some((entry, before)) = out_of_order {
            let finder = cx.find(entry.value(), format!("`{}` stands behind `{before}`", entry.key()));
            if is_written_here(node) {
                finder.fix("sort the keys", Safety::Safe, vec![Edit::Sort(Place::of(node.into()))]);
            }
        }
    }
}

/// Has the mapping a text of its own whose order says nothing? Behind an alias it has none, and what stands before and
/// what behind a merge key are not the same.
fn is_written_here(node: NodeRef<'_>) -> bool {
    !node.via_alias() && !node.entries().any(|entry| entry.merged())
}
