//! What a finding offers by itself: for reports and editors, which show a fix without making it.

use crate::lower::Plan;
use crate::text::Change;
use ironclad_model::{Confidence, Finding, Fix, Safety, Snapshot};
use ironclad_tree::Source;
use std::sync::Arc;

/// A fix as replacements of bytes.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    /// The fix.
    pub fix: &'a Fix,
    /// The text that it changes.
    pub source: Arc<Source>,
    /// In order, without overlap.
    pub changes: Vec<Change>,
}

/// Is there an [`offer`]?
pub fn is_offered(finding: &Finding, snapshot: &Snapshot) -> bool {
    offer(finding, snapshot).is_some()
}

/// The fix that `ironclad fix` would make of an open finding without being asked for more. It is not proved here: what
/// `ironclad fix` refuses in the end, because other places share the text or another finding would come, is offered.
pub fn offer<'a>(finding: &'a Finding, snapshot: &Snapshot) -> Option<Offer<'a>> {
    if !finding.is_open() || finding.confidence == Confidence::Heuristic {
        return None;
    }
    let fix = finding.fixes.iter().find(|fix| fix.safety == Safety::Safe)?;
    let source = finding.source(snapshot)?;
    let own = snapshot.object(finding.object).map(|object| object.document());
    // Text in no document, such as a comment before the first one, belongs to the text as a whole.
    let beside = || snapshot.objects().map(|o| o.document()).find(|document| Arc::ptr_eq(document.source(), source));
    let document = own.or_else(beside)?;
    let rendered =
        snapshot.object(finding.object).is_some_and(|object| object.origins().is_some_and(|o| !o.is_empty()));
    if rendered || !Arc::ptr_eq(document.source(), source) {
        return None;
    }
    let mut plan = Plan::new(document);
    for edit in &fix.edits {
        plan.add(edit).ok()?;
    }
    let lowered = plan.lower().ok()?;
    (!lowered.changes.is_empty()).then(|| Offer { fix, source: Arc::clone(source), changes: lowered.changes })
}
