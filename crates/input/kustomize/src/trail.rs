//! Where a node comes from: a chain of places, the one that a person edits first.

use ironclad_model::{Link, Role};
use ironclad_tree::{Source, Span};
use std::sync::Arc;

/// Links beyond this many say nothing that a person would follow.
const LONGEST: usize = 12;

/// One place, and what stands behind it.
#[derive(Debug)]
struct Step {
    link: Link,
    /// The key alone, or the first key of an item: where something that is missing below belongs.
    head: Span,
    before: Trail,
    length: usize,
}

/// A chain of places; cheap to copy. The first is the one to edit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail(Option<Arc<Step>>);

impl Trail {
    /// A place in a text.
    pub(crate) fn at(source: &Arc<Source>, span: Span, head: Span, role: Role) -> Trail {
        Trail::default().then(Link { source: Arc::clone(source), span, role }, head)
    }

    /// A chain whose last link is the one to edit; `head` is where what is missing below belongs.
    pub(crate) fn of_chain(chain: Vec<Link>, head: Option<Span>) -> Trail {
        chain.into_iter().fold(Trail::default(), |before, link| {
            let head = head.unwrap_or(link.span);
            before.then(link, head)
        })
    }

    fn then(&self, link: Link, head: Span) -> Trail {
        let length = self.0.as_ref().map_or(0, |step| step.length) + 1;
        if length > LONGEST {
            return self.clone();
        }
        Trail(Some(Arc::new(Step { link, head, before: self.clone(), length })))
    }

    /// The place that is edited.
    pub(crate) fn edited(&self) -> Option<&Link> {
        self.0.as_ref().map(|step| &step.link)
    }

    /// The place that is edited, and where what is missing below it belongs.
    pub(crate) fn place(&self) -> Option<(&Link, Span)> {
        self.0.as_ref().map(|step| (&step.link, step.head))
    }

    /// `self` replaced what came from `old`: the old place stays in the chain, and `self` is the one to edit.
    pub(crate) fn over(&self, old: &Trail) -> Trail {
        let Some(step) = &self.0 else { return old.clone() };
        if old.edited().is_some_and(|other| other.is_same(&step.link)) {
            return old.clone();
        }
        if old.0.is_none() {
            return self.clone();
        }
        old.then(step.link.clone(), step.head)
    }

    /// `by` changed a part of what came from here; the place to edit stays.
    pub(crate) fn through(&self, by: &Trail) -> Trail {
        let (Some(step), Some(changer)) = (&self.0, &by.0) else {
            return if self.0.is_some() { self.clone() } else { by.clone() };
        };
        if self.links().any(|link| link.is_same(&changer.link)) {
            return self.clone();
        }
        let behind = step.before.then(changer.link.clone(), changer.head);
        behind.then(step.link.clone(), step.head)
    }

    /// As [`Trail::through`], by everything that `by` came from.
    pub(crate) fn through_all(&self, by: &Trail) -> Trail {
        by.chain().into_iter().fold(self.clone(), |trail, link| {
            let head = link.span;
            trail.through(&Trail::default().then(link, head))
        })
    }

    /// The same place in another role.
    pub(crate) fn with_role(&self, role: Role) -> Trail {
        let Some(step) = &self.0 else { return Trail::default() };
        step.before.then(Link { role, ..step.link.clone() }, step.head)
    }

    /// The links, the edited one first.
    pub(crate) fn links(&self) -> impl Iterator<Item = &Link> {
        std::iter::successors(self.0.as_deref(), |step| step.before.0.as_deref()).map(|step| &step.link)
    }

    /// The chain as [`Origins`](ironclad_model::Origins) want it: the edited link last.
    pub(crate) fn chain(&self) -> Vec<Link> {
        let mut chain: Vec<Link> = self.links().cloned().collect();
        chain.reverse();
        chain
    }

    /// The chain to where something missing below belongs.
    pub(crate) fn head_chain(&self) -> Vec<Link> {
        let mut chain = self.chain();
        if let (Some(last), Some(step)) = (chain.last_mut(), &self.0) {
            last.span = step.head;
        }
        chain
    }

    /// Identifies the chain among those that are alive.
    pub(crate) fn address(&self) -> *const () {
        self.0.as_ref().map_or(std::ptr::null(), |step| Arc::as_ptr(step).cast())
    }

    /// Is it the same chain?
    pub(crate) fn is_same(&self, other: &Trail) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }
}
