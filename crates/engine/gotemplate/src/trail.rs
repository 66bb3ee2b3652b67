//! Where text comes from. A [`Mark`] names an interned trail: a place in a values file, a place in a template, or one
//! reached through another (a value through the action that printed it). Mark 0 knows nothing.

use ironclad_model::{Link, Role};
use ironclad_tree::{Source, Span};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// An interned trail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Mark(u32);

impl Mark {
    /// Nothing is known.
    pub const NONE: Mark = Mark(0);

    /// Is nothing known?
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The number itself, to build tables by.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Links of a chain before the rest is left out: nested includes of a loop would go on for ever.
const LONGEST: usize = 24;
/// Contributors of one joined trail that are remembered.
const WIDEST: usize = 16;
/// Distinct trails of one rendering; beyond that, text counts as printed by its action.
const MOST: usize = 1 << 20;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Trail {
    Place(u32, Span, Role),
    Via(Mark, Mark),
    Join(Box<[Mark]>),
}

#[derive(Default)]
struct Inner {
    sources: Vec<Arc<Source>>,
    trails: Vec<Trail>,
    index: FxHashMap<Trail, Mark>,
}

/// All trails of one rendering.
#[derive(Default)]
pub struct Trails {
    inner: RefCell<Inner>,
    /// Bytes of places whose text is only like them, because they are no UTF-8.
    raw: RefCell<FxHashMap<Mark, Rc<[u8]>>>,
}

impl Trails {
    /// Says what a place really holds, where that is no UTF-8.
    pub fn set_raw(&self, mark: Mark, bytes: &Rc<[u8]>) {
        self.raw.borrow_mut().insert(mark, Rc::clone(bytes));
    }

    /// What a place really holds.
    pub fn raw(&self, mark: Mark) -> Option<Rc<[u8]>> {
        self.raw.borrow().get(&mark).cloned()
    }

    /// Registers a text that a person edits.
    pub fn source(&self, source: &Arc<Source>) -> u32 {
        let mut inner = self.inner.borrow_mut();
        if let Some(known) = inner.sources.iter().rposition(|known| Arc::ptr_eq(known, source)) {
            return known as u32;
        }
        inner.sources.push(Arc::clone(source));
        (inner.sources.len() - 1) as u32
    }

    fn intern(&self, trail: Trail) -> Option<Mark> {
        let mut inner = self.inner.borrow_mut();
        if let Some(known) = inner.index.get(&trail) {
            return Some(*known);
        }
        if inner.trails.len() >= MOST {
            return None;
        }
        inner.trails.push(trail.clone());
        let mark = Mark(inner.trails.len() as u32);
        inner.index.insert(trail, mark);
        Some(mark)
    }

    /// A place in a registered text.
    pub fn place(&self, source: u32, span: Span, role: Role) -> Mark {
        self.intern(Trail::Place(source, span, role)).unwrap_or_default()
    }

    /// What `from` supplied, as `through` printed it.
    pub fn via(&self, through: Mark, from: Mark) -> Mark {
        match (through.is_none(), from.is_none()) {
            (true, _) => from,
            (_, true) => through,
            _ if through == from => from,
            _ => self.intern(Trail::Via(through, from)).unwrap_or(through),
        }
    }

    /// Several trails that supplied one text together.
    pub fn join(&self, marks: impl IntoIterator<Item = Mark>) -> Mark {
        let mut all: Vec<Mark> = Vec::new();
        for mark in marks {
            if mark.is_none() || all.contains(&mark) || all.len() >= WIDEST {
                continue;
            }
            let joined = match self.inner.borrow().trails.get(mark.index() - 1) {
                Some(Trail::Join(parts)) => Some(parts.clone()),
                _ => None,
            };
            match joined {
                Some(parts) => {
                    for part in parts {
                        if !all.contains(&part) && all.len() < WIDEST {
                            all.push(part);
                        }
                    }
                }
                None => all.push(mark),
            }
        }
        match all.as_slice() {
            [] => Mark::NONE,
            [one] => *one,
            _ => self.intern(Trail::Join(all.into())).unwrap_or_default(),
        }
    }

    /// The chains of a mark, each from the link nearest to the output to the one that a person edits. `at` is the
    /// offset within the last link's text where that text was printed byte by byte, and `len` how many bytes of it.
    pub fn chains(&self, mark: Mark, linear: Option<(u32, u32)>) -> Vec<Vec<Link>> {
        let inner = self.inner.borrow();
        let mut chains = inner.chains(mark, 0);
        if let Some((at, len)) = linear {
            for chain in &mut chains {
                if let Some(last) = chain.last_mut() {
                    last.span = Span { start: last.span.start + at, end: last.span.start + at + len };
                }
            }
        }
        chains
    }

    /// The chain of a mark that leads to one place, appended to `out`, in the order of [`chains`](Self::chains). False,
    /// and nothing is appended, where several places supplied it together.
    pub fn chain(&self, mark: Mark, out: &mut Vec<Link>) -> bool {
        let before = out.len();
        let is_one = self.inner.borrow().chain(mark, 0, out);
        if !is_one {
            out.truncate(before);
        }
        is_one
    }

    /// Every place that the mark leads to at its end.
    pub fn ends(&self, mark: Mark) -> Vec<Link> {
        self.chains(mark, None).into_iter().filter_map(|mut chain| chain.pop()).collect()
    }
}

impl Inner {
    fn chain(&self, mark: Mark, depth: usize, out: &mut Vec<Link>) -> bool {
        if mark.is_none() || depth > LONGEST {
            return true;
        }
        match self.trails.get(mark.index() - 1) {
            None => true,
            Some(Trail::Place(source, span, role)) => {
                if let Some(source) = self.sources.get(*source as usize) {
                    out.push(Link { source: Arc::clone(source), span: *span, role: *role });
                }
                true
            }
            Some(Trail::Via(through, from)) => {
                self.chain(*through, depth + 1, out) && self.chain(*from, depth + 1, out)
            }
            Some(Trail::Join(_)) => false,
        }
    }

    fn chains(&self, mark: Mark, depth: usize) -> Vec<Vec<Link>> {
        if mark.is_none() || depth > LONGEST {
            return Vec::new();
        }
        match self.trails.get(mark.index() - 1) {
            None => Vec::new(),
            Some(Trail::Place(source, span, role)) => self
                .sources
                .get(*source as usize)
                .map(|source| vec![vec![Link { source: Arc::clone(source), span: *span, role: *role }]])
                .unwrap_or_default(),
            Some(Trail::Via(through, from)) => {
                let before = self.chains(*through, depth + 1);
                let first = before.into_iter().next().unwrap_or_default();
                let after = self.chains(*from, depth + 1);
                if after.is_empty() {
                    return vec![first];
                }
                let link = |mut chain: Vec<Link>| {
                    let mut whole = first.clone();
                    whole.append(&mut chain);
                    whole
                };
                after.into_iter().map(link).collect()
            }
            Some(Trail::Join(parts)) => {
                parts.iter().flat_map(|part| self.chains(*part, depth + 1)).take(WIDEST).collect()
            }
        }
    }
}
