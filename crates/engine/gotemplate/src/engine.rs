//! One rendering: the templates it knows, what it may cost, and how it fails.

use crate::ast::{Block, Range, SyntaxError};
use crate::exec::State;
use crate::functions;
use crate::parse::{is_empty, parse};
use crate::text::{Rope, Text};
use crate::trail::{Mark, Trails};
use crate::value::Value;
use ironclad_model::{Link, Role};
use ironclad_tree::{Source, Span};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// What a rendering may cost. Templates of strangers repeat, recurse and include without end.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Items, commands and iterations evaluated.
    pub steps: u64,
    /// Bytes of one text.
    pub text: usize,
    /// Bytes of all texts made on the way.
    pub produced: usize,
    /// Elements of one list.
    pub elements: usize,
    /// Nesting of `include`, `template` and `tpl`.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { steps: 20_000_000, text: 64 << 20, produced: 1 << 30, elements: 1_000_000, depth: 1_000 }
    }
}

/// Why a template gave nothing.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What is wrong: Go's words for what Go would refuse.
    pub message: String,
    /// The template in which it went wrong.
    pub template: String,
    /// Where, in a text that a person edits.
    pub place: Option<Link>,
    /// Where the templates around it were included, innermost first.
    pub stack: Vec<Link>,
    /// The author's own words (`fail`, `required`).
    pub is_verdict: bool,
}

/// The text of a template, and where it comes from.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) name: Rc<str>,
    pub(crate) text: Text,
    /// The number of the source, where it is a file.
    file: Option<u32>,
}

impl Unit {
    /// The mark of a range of the template.
    pub(crate) fn mark(&self, range: Range, trails: &Trails) -> Mark {
        let span = Span { start: range.start, end: range.end };
        match self.file {
            Some(file) => trails.place(file, span, Role::Template),
            None => self.text.mark_of(range.start as usize..range.end as usize, trails),
        }
    }
}

/// A named template.
#[derive(Debug)]
pub(crate) struct Define {
    pub(crate) unit: Rc<Unit>,
    pub(crate) body: Block,
}

/// Templates by name, on top of those of an enclosing scope (`tpl` adds to what it sees, and only for itself).
#[derive(Default)]
pub(crate) struct Scope {
    parent: Option<Rc<Scope>>,
    templates: RefCell<FxHashMap<Rc<str>, Rc<Define>>>,
}

impl Scope {
    pub(crate) fn below(parent: &Rc<Scope>) -> Rc<Scope> {
        Rc::new(Scope { parent: Some(Rc::clone(parent)), templates: RefCell::default() })
    }

    pub(crate) fn find(&self, name: &str) -> Option<Rc<Define>> {
        let mut scope = Some(self);
        while let Some(current) = scope {
            if let Some(found) = current.templates.borrow().get(name) {
                return Some(Rc::clone(found));
            }
            scope = current.parent.as_deref();
        }
        None
    }

    /// Adds the templates of a text. A blank one replaces nothing.
    pub(crate) fn add(&self, unit: &Rc<Unit>) -> Result<(), SyntaxError> {
        let parsed = parse(unit.text.as_str(), &functions::is_known)?;
        let all = parsed.defines.into_iter().chain([(Rc::clone(&unit.name), parsed.main)]);
        for (name, body) in all {
            if is_empty(&body, unit.text.as_str()) && self.find(&name).is_some() {
                continue;
            }
            self.templates.borrow_mut().insert(name, Rc::new(Define { unit: Rc::clone(unit), body }));
        }
        Ok(())
    }
}

/// A rendering.
pub struct Engine {
    /// Where everything comes from.
    pub trails: Rc<Trails>,
    limits: Limits,
    /// The one clock of a run, in nanoseconds since 1970.
    pub now: i128,
    scope: Rc<Scope>,
    steps: Cell<u64>,
    produced: Cell<usize>,
    /// Nesting of templates.
    pub(crate) depth: Cell<usize>,
    /// How often each name is being included (`recursionMaxNums` of Helm).
    pub(crate) included: RefCell<FxHashMap<Rc<str>, usize>>,
    /// Numbers that stand for random ones.
    pub(crate) random: Cell<u64>,
    /// Functions whose real result is random or secret, and stands for itself here.
    pub(crate) placeholders: RefCell<Vec<&'static str>>,
}

impl Engine {
    /// A rendering without templates yet.
    pub fn new(trails: Rc<Trails>, limits: Limits, now: i128) -> Engine {
        Engine {
            trails,
            limits,
            now,
            scope: Rc::default(),
            steps: Cell::new(0),
            produced: Cell::new(0),
            depth: Cell::new(0),
            included: RefCell::default(),
            random: Cell::new(0x9E37_79B9_7F4A_7C15),
            placeholders: RefCell::default(),
        }
    }

    /// Parses a template file under its name. Later definitions replace earlier ones.
    pub fn add(&self, name: &str, source: &Arc<Source>) -> Result<(), Failure> {
        let file = self.trails.source(source);
        let length = source.text().len() as u32;
        let whole = self.trails.place(file, Span { start: 0, end: length }, Role::Template);
        let mut rope = Rope::default();
        rope.push_linear(source.text(), whole, 0);
        let unit = Rc::new(Unit { name: name.into(), text: rope.finish(), file: Some(file) });
        self.scope.add(&unit).map_err(|error| Failure {
            message: error.message.clone(),
            template: name.to_owned(),
            place: Some(Link {
                source: Arc::clone(source),
                span: Span { start: error.at.min(length), end: error.at.min(length) },
                role: Role::Template,
            }),
            stack: Vec::new(),
            is_verdict: false,
        })
    }

    /// The output of a template.
    pub fn render(&self, name: &str, data: &Value) -> Result<Text, Failure> {
        self.depth.set(0);
        self.included.borrow_mut().clear();
        let Some(define) = self.scope.find(name) else {
            return Err(Failure {
                message: format!("no template {name:?} associated with template \"gotpl\""),
                template: name.to_owned(),
                place: None,
                stack: Vec::new(),
                is_verdict: false,
            });
        };
        // Most of what a template prints is its own text.
        let mut rope = Rope::with_capacity(define.unit.text.as_str().len() * 2);
        State::run(self, &self.scope, &define, data.clone(), &mut rope)?;
        Ok(without_no_value(&rope.finish()))
    }

    /// Functions used so far whose results stand for random or secret ones.
    pub fn placeholders(&self) -> Vec<&'static str> {
        let mut names = self.placeholders.borrow().clone();
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn step(&self) -> Result<(), String> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if steps > self.limits.steps {
            return Err(format!("more than {} steps: does a range or an include never end?", self.limits.steps));
        }
        Ok(())
    }

    /// Accounts for a text that was made.
    pub(crate) fn made(&self, bytes: usize) -> Result<(), String> {
        if bytes > self.limits.text {
            return Err(format!("text of more than {} MiB", self.limits.text >> 20));
        }
        let produced = self.produced.get() + bytes;
        self.produced.set(produced);
        if produced > self.limits.produced {
            return Err(format!("more than {} MiB of text in all", self.limits.produced >> 20));
        }
        Ok(())
    }

    pub(crate) fn unit(name: Rc<str>, text: Text) -> Rc<Unit> {
        Rc::new(Unit { name, text, file: None })
    }
}

/// Go prints `<no value>` for what is missing; Helm takes that out of every output.
pub(crate) fn without_no_value(text: &Text) -> Text {
    const NOTHING: &str = "<no value>";
    if !text.as_str().contains(NOTHING) {
        return text.clone();
    }
    let mut rope = Rope::default();
    let mut at = 0;
    for (found, _) in text.as_str().match_indices(NOTHING) {
        rope.push_slice(text, at..found);
        at = found + NOTHING.len();
    }
    rope.push_slice(text, at..text.as_str().len());
    rope.finish()
}
