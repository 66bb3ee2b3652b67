//! What a document must be after its edits: the proof that bytes did what nodes were told.

use crate::lower::{Lowered, Plan};
use crate::refuse::Refusal;
use crate::value::{DEEPEST, Value};
use ironclad_tree::{Document, Kind, NodeRef};

/// The values that a plan leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The document itself.
    pub document: Value,
    /// Documents that follow it.
    pub created: Vec<Value>,
}

impl Expected {
    /// What the plan means, by the nodes alone: text, anchors and layout play no part.
    pub fn of(plan: &Plan<'_>, lowered: &Lowered) -> Result<Expected, Refusal> {
        let work = Work { plan, lowered };
        let document = work.build(plan.document().root(), 0).ok_or_else(too_deep)?;
        let document = document.ok_or_else(|| Refusal::shape("the whole document would go"))?;
        Ok(Expected { document, created: plan.creates.clone() })
    }

    /// Is the document exactly this?
    pub fn matches(&self, document: &Document) -> bool {
        Value::of(document.root()).is_some_and(|value| value == self.document)
    }
}

fn too_deep() -> Refusal {
    Refusal::shape(format!("the document nests deeper than {DEEPEST} levels"))
}

struct Work<'w, 'a> {
    plan: &'w Plan<'a>,
    lowered: &'w Lowered,
}

impl Work<'_, '_> {
    /// The value of a node after the edits: nothing where it goes, none where it is too deep.
    fn build(&self, node: NodeRef<'_>, depth: usize) -> Option<Option<Value>> {
        if depth > DEEPEST {
            return None;
        }
        let plan = self.plan;
        if plan.removed.contains(&node.id()) {
            return Some(None);
        }
        if let Some(value) = plan.sets.get(&node.id()) {
            return Some(Some(value.clone()));
        }
        let added = plan.inserts.get(&node.id());
        let value = match node.kind() {
            Kind::Mapping => {
                let mut entries = Vec::with_capacity(node.len());
                for entry in node.entries() {
                    let key = plan.renames.get(&entry.value().id()).map_or(entry.key(), String::as_str);
                    if let Some(value) = self.build(entry.value(), depth + 1)? {
                        entries.push((key.to_owned(), value));
                    }
                }
                if entries.is_empty() && added.is_none() && self.is_pruned(node) {
                    return Some(None);
                }
                let own = Value::Map(entries);
                match added {
                    Some(added) => own.merge(added.clone())?,
                    None => own,
                }
            }
            Kind::Sequence => {
                let mut items = Vec::with_capacity(node.len());
                for item in node.items() {
                    items.extend(self.build(item, depth + 1)?);
                }
                items.extend(plan.appends.get(&node.id()).into_iter().flatten().cloned());
                if items.is_empty() && self.is_pruned(node) {
                    return Some(None);
                }
                Value::List(items)
            }
            Kind::Null => added.cloned().unwrap_or(Value::Null),
            _ => Value::scalar(node),
        };
        Some(Some(value))
    }

    fn is_pruned(&self, node: NodeRef<'_>) -> bool {
        self.lowered.pruned.contains(&self.plan.document().original(node.id()))
    }
}
