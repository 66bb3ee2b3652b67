//! Edits by path, for those who know where and what: `spec.containers[0].securityContext.privileged`.

use crate::expect::Expected;
use crate::lower::Plan;
use crate::refuse::Refusal;
use crate::text::{apply, merge};
use ironclad_model::{Edit, Place};
use ironclad_tree::{Document, Kind, Limits, NodeId, Source, parse};

/// An edit by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Set the value at a path, missing parents included, to this JSON.
    Set(String, String),
    /// Append this JSON to the list at a path, missing parents included.
    Append(String, String),
    /// Remove what is at a path.
    Remove(String),
}

/// A text with these edits made in its documents, counted from 0, and proved as those of checks are.
pub fn edit_text(text: &str, operations: &[(usize, Operation)]) -> Result<String, Refusal> {
    let source = Source::new("text", text);
    let limits = Limits::default();
    let parsed = parse(&source, &limits);
    let mut plans: Vec<Plan<'_>> = parsed.documents.iter().map(Plan::new).collect();
    for (number, operation) in operations {
        let plan = plans.get_mut(*number).ok_or_else(|| Refusal::shape(format!("there is no document {number}")))?;
        let place = |path: &str| find(plan.document(), path);
        let edit = match operation {
            Operation::Set(path, json) => Edit::Set(place(path)?, json.clone()),
            Operation::Append(path, json) => Edit::Append(place(path)?, json.clone()),
            Operation::Remove(path) => Edit::Remove(place(path)?),
        };
        plan.add(&edit)?;
    }
    let mut changes = Vec::new();
    let mut expected = Vec::new();
    let mut shared = false;
    for plan in &plans {
        let lowered = plan.lower()?;
        expected.push(Expected::of(plan, &lowered)?);
        shared |= lowered.shared;
        changes.extend(lowered.changes);
    }
    let edited = apply(text, &merge(changes)?);
    let again = parse(&Source::new("text", edited.as_str()), &limits);
    let same = again.documents.len() == expected.len() && again.problems.len() == parsed.problems.len();
    if !same || !expected.iter().zip(&again.documents).all(|(expected, document)| expected.matches(document)) {
        return Err(Refusal::unproved(shared));
    }
    Ok(edited)
}

/// The place of a dotted path with list indexes in brackets; what is missing at its end may be created.
fn find(document: &Document, path: &str) -> Result<Place, Refusal> {
    let dotted = path.replace('[', ".").replace(']', "");
    let mut place = Place { node: NodeId::ROOT, missing: Vec::new(), part: None };
    for step in dotted.split('.').filter(|step| !step.is_empty()) {
        let node = document.node(place.node);
        let next = match node.kind() {
            _ if !place.missing.is_empty() => None,
            Kind::Sequence => {
                let index = step.parse().ok().and_then(|index: usize| node.items().nth(index));
                Some(index.ok_or_else(|| Refusal::shape(format!("there is no item `{step}`")))?)
            }
            _ => node.get_str(step).map(|entry| entry.value()),
        };
        match next {
            Some(node) => place.node = node.id(),
            None => place.missing.push(step.to_owned()),
        }
    }
    Ok(place)
}
