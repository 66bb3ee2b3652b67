//! One value against one schema.

use crate::{Instance, Key, Patterns, Type, formats};
use ironclad_tree::{Kind, NodeRef};
use regex::Regex;
use std::sync::Arc;

/// Nesting of schema and values before the check gives up.
pub(crate) const DEEPEST: usize = 128;
/// Violations of one value that are kept.
const MOST: usize = 20;
/// Schemas that are applied, in all and besides for each value: alternatives within alternatives multiply.
const BUDGET: usize = 20_000;
const BUDGET_OF_EACH: usize = 64;
/// And no more than this, however large the value.
const MOST_BUDGET: usize = 4_000_000;
/// Lists longer than this are not searched for equal items.
const LONGEST: usize = 1_000;

/// Something that a schema refuses.
#[derive(Clone, Debug)]
pub struct Violation<V> {
    /// Where: `.spec.ports[0]`, empty for the value itself.
    pub path: String,
    /// The value there.
    pub value: V,
    /// What is wrong with it.
    pub what: What,
}

/// What is wrong with a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// It is the value of a key that the schema does not know; these it knows.
    Unknown(Vec<String>),
    /// It lacks a key.
    Missing(String),
    /// It is of one type, and not of those that the schema wants, in the words of JSON Schema.
    Type(&'static str, Vec<String>),
    /// It is none of these constants, which are written as JSON.
    NotAmong(Vec<String>),
    /// The rest of a sentence about it.
    Other(String),
}

/// What was not judged.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Partial {
    /// The schema refers to another document.
    pub remote: bool,
    /// A pattern is no regular expression of RE2, or too large.
    pub pattern: bool,
    /// Schema and value are nested too deeply, or ask for too much.
    pub limits: bool,
}

impl Partial {
    /// Was all judged?
    pub fn is_none(self) -> bool {
        self == Partial::default()
    }
}

/// What a schema says of a value.
#[derive(Clone, Debug)]
pub struct Outcome<V> {
    /// What it refuses, up to a number that a person reads; nothing where a limit cut the judgement short.
    pub violations: Vec<Violation<V>>,
    /// What it could not judge.
    pub partial: Partial,
}

/// A schema.
#[derive(Clone, Copy)]
pub struct Schema<'a> {
    root: NodeRef<'a>,
    draft: u32,
    patterns: &'a Patterns,
}

impl<'a> Schema<'a> {
    /// The schema at a node. Where it does not name its draft by `$schema`, it is of the one given: 4, 6, 7, 2019 or 2020.
    pub fn new(root: NodeRef<'a>, draft: u32, patterns: &'a Patterns) -> Schema<'a> {
        Schema { root, draft: named_draft(root).unwrap_or(draft), patterns }
    }

    /// Holds it against a value.
    pub fn check<V: Instance>(&self, value: &V) -> Outcome<V> {
        let mut check = Check {
            root: self.root,
            draft: self.draft,
            patterns: self.patterns,
            found: Vec::new(),
            partial: Partial::default(),
            scope: Vec::new(),
            budget: value.size().saturating_mul(BUDGET_OF_EACH).saturating_add(BUDGET).min(MOST_BUDGET),
            is_cut: false,
        };
        check.value(self.root, value, "", 0);
        check.found.truncate(MOST);
        if check.is_cut {
            // What was not looked into counts as fitting, which is wrong inside of a `not` or a `oneOf`.
            check.found.clear();
        }
        Outcome { violations: check.found, partial: check.partial }
    }
}

/// The number of the draft that a schema names; 2019-09 and 2020-12 by their years.
fn named_draft(root: NodeRef<'_>) -> Option<u32> {
    let named = root.get_str("$schema").and_then(|entry| entry.value().as_str())?;
    let drafts =
        [("draft-03", 4), ("draft-04", 4), ("draft-06", 6), ("draft-07", 7), ("2019-09", 2019), ("2020-12", 2020)];
    drafts.iter().find(|(name, _)| named.contains(name)).map(|(_, draft)| *draft)
}

pub(crate) struct Check<'a, V> {
    pub(crate) root: NodeRef<'a>,
    pub(crate) draft: u32,
    pub(crate) patterns: &'a Patterns,
    found: Vec<Violation<V>>,
    pub(crate) partial: Partial,
    /// The schemas with an `$id` that led here, outermost first: what dynamic references look through.
    pub(crate) scope: Vec<NodeRef<'a>>,
    budget: usize,
    /// Was something not looked into?
    is_cut: bool,
}

impl<'a, V: Instance> Check<'a, V> {
    pub(crate) fn say(&mut self, path: &str, value: &V, what: What) {
        if self.found.len() <= MOST {
            self.found.push(Violation { path: path.to_owned(), value: value.clone(), what });
        }
    }

    fn other(&mut self, path: &str, value: &V, message: String) {
        self.say(path, value, What::Other(message));
    }

    /// A pattern; one that is none is passed over, and said.
    pub(crate) fn pattern(&mut self, text: &str) -> Option<Arc<Regex>> {
        let pattern = self.patterns.get(text);
        self.partial.pattern |= pattern.is_none();
        pattern
    }

    /// Does the value fit, without a word about why not?
    pub(crate) fn fits(&mut self, schema: NodeRef<'a>, value: &V, depth: usize) -> bool {
        let outer = std::mem::take(&mut self.found);
        self.value(schema, value, "", depth);
        let fits = self.found.is_empty();
        self.found = outer;
        fits
    }

    pub(crate) fn value(&mut self, schema: NodeRef<'a>, value: &V, path: &str, depth: usize) {
        let Some(left) = self.budget.checked_sub(1).filter(|_| depth <= DEEPEST) else {
            (self.partial.limits, self.is_cut) = (true, true);
            return;
        };
        self.budget = left;
        let entered = self.enter(schema);
        self.apply(schema, value, path, depth);
        self.leave(entered);
    }

    fn apply(&mut self, schema: NodeRef<'a>, value: &V, path: &str, depth: usize) {
        if schema.kind() == Kind::Bool {
            if schema.as_bool() == Some(false) {
                self.other(path, value, "must not be set".to_owned());
            }
            return;
        }
        let get = |name: &str| schema.get_str(name).map(|entry| entry.value());
        for (target, within) in self.referred(schema) {
            let entered = self.within(within);
            self.value(target, value, path, depth + 1);
            self.leave(entered);
        }
        // Up to draft 7 nothing else counts beside a reference.
        if self.draft <= 7 && get("$ref").is_some_and(|node| node.as_str().is_some()) {
            return;
        }
        if let Some(wanted) = get("type") {
            let names: Vec<&str> = match wanted.kind() {
                Kind::Sequence => wanted.items().filter_map(|item| item.as_str()).collect(),
                _ => wanted.as_str().into_iter().collect(),
            };
            if !names.iter().any(|name| is_type(value, name)) {
                let wanted = names.iter().map(|name| (*name).to_owned()).collect();
                self.say(path, value, What::Type(word(value), wanted));
                return;
            }
        }
        if let Some(allowed) = get("enum")
            && !allowed.items().any(|item| value.is(item))
        {
            let words: Vec<String> = allowed.items().map(json).collect();
            self.say(path, value, What::NotAmong(words));
        }
        if let Some(wanted) = get("const").filter(|_| self.draft >= 6)
            && !value.is(wanted)
        {
            self.other(path, value, format!("must be {}", json(wanted)));
        }
        self.combined(schema, value, path, depth);
        match value.kind() {
            Type::Text => self.text(schema, value, value.text().unwrap_or_default(), path),
            Type::Int | Type::Float => self.number(schema, value, value.number().unwrap_or_default(), path),
            Type::List => self.list(schema, value, &value.items(), path, depth),
            Type::Map => self.map(schema, value, path, depth),
            Type::Null | Type::Bool | Type::Other => {}
        }
    }

    fn combined(&mut self, schema: NodeRef<'a>, value: &V, path: &str, depth: usize) {
        let get = |name: &str| schema.get_str(name).map(|entry| entry.value());
        for part in get("allOf").into_iter().flat_map(|all| all.items()) {
            self.value(part, value, path, depth + 1);
        }
        if let Some(any) = get("anyOf")
            && !any.items().any(|part| self.fits(part, value, depth + 1))
        {
            self.other(path, value, "fits none of the forms allowed (anyOf)".to_owned());
        }
        if let Some(one) = get("oneOf") {
            let count = one.items().filter(|part| self.fits(*part, value, depth + 1)).count();
            if count != 1 {
                self.other(path, value, format!("must fit exactly one form (oneOf), and fits {count}"));
            }
        }
        if let Some(not) = get("not")
            && self.fits(not, value, depth + 1)
        {
            self.other(path, value, "has a form that is not allowed (not)".to_owned());
        }
        if let Some(condition) = get("if").filter(|_| self.draft >= 7) {
            let branch = if self.fits(condition, value, depth + 1) { get("then") } else { get("else") };
            if let Some(branch) = branch {
                self.value(branch, value, path, depth + 1);
            }
        }
    }

    fn text(&mut self, schema: NodeRef<'a>, value: &V, text: &str, path: &str) {
        let limit = |name: &str| schema.get_str(name).and_then(|entry| entry.value().as_f64());
        let length = text.chars().count() as f64;
        if limit("minLength").is_some_and(|least| length < least) {
            self.other(path, value, "is too short".to_owned());
        }
        if limit("maxLength").is_some_and(|most| length > most) {
            self.other(path, value, "is too long".to_owned());
        }
        if let Some(format) = schema.get_str("format").and_then(|entry| entry.value().as_str())
            && self.draft <= 7
            && !formats::fits(format, text)
        {
            self.other(path, value, format!("is no `{format}`"));
        }
        if let Some(pattern) = schema.get_str("pattern").and_then(|entry| entry.value().as_str())
            && self.pattern(pattern).is_some_and(|regex| !regex.is_match(text))
        {
            self.other(path, value, format!("does not match `{pattern}`"));
        }
    }

    fn number(&mut self, schema: NodeRef<'a>, value: &V, number: f64, path: &str) {
        let limit = |name: &str| schema.get_str(name).and_then(|entry| entry.value().as_f64());
        if let Some(least) = limit("minimum").filter(|least| number < *least) {
            self.other(path, value, format!("must be at least {least}"));
        }
        if let Some(most) = limit("maximum").filter(|most| number > *most) {
            self.other(path, value, format!("must be at most {most}"));
        }
        if self.draft == 4 {
            let flag = |name: &str| schema.get_str(name).and_then(|entry| entry.value().as_bool()) == Some(true);
            if flag("exclusiveMinimum") && limit("minimum").is_some_and(|least| number <= least)
                || flag("exclusiveMaximum") && limit("maximum").is_some_and(|most| number >= most)
            {
                self.other(path, value, "is at a limit that is excluded".to_owned());
            }
        }
        if let Some(least) = limit("exclusiveMinimum").filter(|least| number <= *least) {
            self.other(path, value, format!("must be more than {least}"));
        }
        if let Some(most) = limit("exclusiveMaximum").filter(|most| number >= *most) {
            self.other(path, value, format!("must be less than {most}"));
        }
        if let Some(step) = limit("multipleOf").filter(|step| *step > 0.0 && !is_whole(number / step)) {
            self.other(path, value, format!("must be a multiple of {step}"));
        }
    }

    fn list(&mut self, schema: NodeRef<'a>, value: &V, items: &[V], path: &str, depth: usize) {
        let limit = |name: &str| schema.get_str(name).and_then(|entry| entry.value().as_f64());
        if limit("minItems").is_some_and(|least| (items.len() as f64) < least) {
            self.other(path, value, "has too few items".to_owned());
        }
        if limit("maxItems").is_some_and(|most| items.len() as f64 > most) {
            self.other(path, value, "has too many items".to_owned());
        }
        let unique = schema.get_str("uniqueItems").is_some_and(|entry| entry.value().as_bool() == Some(true));
        self.partial.limits |= unique && items.len() > LONGEST;
        if unique && items.len() <= LONGEST {
            let twice = items.iter().enumerate().any(|(i, a)| items.iter().take(i).any(|b| a.equals(b)));
            if twice {
                self.other(path, value, "has an item twice".to_owned());
            }
        }
        let get = |name: &str| schema.get_str(name).map(|entry| entry.value());
        if let Some(wanted) = get("contains").filter(|_| self.draft >= 6) {
            let count = items.iter().filter(|item| self.fits(wanted, item, depth + 1)).count() as f64;
            let least = limit("minContains").filter(|_| self.draft >= 2019).unwrap_or(1.0);
            if count < least {
                self.other(path, value, "holds too few items of the form that it must contain (contains)".to_owned());
            }
            if limit("maxContains").filter(|_| self.draft >= 2019).is_some_and(|most| count > most) {
                self.other(path, value, "holds too many items of one form (maxContains)".to_owned());
            }
        }
        // A schema for each place, and one for the rest; the draft decides what they are called.
        let (first, rest) = match get("items") {
            Some(each) if self.draft < 2020 && each.kind() == Kind::Sequence => (Some(each), get("additionalItems")),
            each if self.draft < 2020 => (None, each),
            each => (get("prefixItems"), each),
        };
        let first: Vec<NodeRef<'a>> = first.into_iter().flat_map(|first| first.items()).collect();
        for (index, item) in items.iter().enumerate() {
            if let Some(schema) = first.get(index).copied().or(rest) {
                self.value(schema, item, &format!("{path}[{index}]"), depth + 1);
            }
        }
        self.unevaluated_items(schema, value, items, path, depth);
    }

    /// What the presence of one key asks of the others.
    fn dependent(&mut self, schema: NodeRef<'a>, value: &V, path: &str, depth: usize) {
        if value.kind() != Type::Map {
            return;
        }
        let has = |key: &str| value.field(key).is_some();
        // The library goes on to apply the old keyword where a newer draft has none.
        let old = &["dependencies"][..];
        let new = if self.draft >= 2019 { &["dependentRequired", "dependentSchemas"][..] } else { &[] };
        for name in old.iter().chain(new) {
            let Some(rules) = schema.get_str(name) else { continue };
            for rule in rules.value().entries().filter(|rule| has(rule.key())) {
                if rule.value().kind() != Kind::Sequence {
                    self.value(rule.value(), value, path, depth + 1);
                    continue;
                }
                for wanted in rule.value().items().filter_map(|name| name.as_str()).filter(|name| !has(name)) {
                    self.other(path, value, format!("`{wanted}` is required beside `{}`", rule.key()));
                }
            }
        }
    }

    fn map(&mut self, schema: NodeRef<'a>, value: &V, path: &str, depth: usize) {
        let fields = value.fields();
        let get = |name: &str| schema.get_str(name).map(|entry| entry.value());
        let limit = |name: &str| get(name).and_then(|node| node.as_f64());
        for name in get("required").into_iter().flat_map(|names| names.items()).filter_map(|name| name.as_str()) {
            if value.field(name).is_none() {
                self.say(path, value, What::Missing(name.to_owned()));
            }
        }
        if limit("minProperties").is_some_and(|least| (fields.len() as f64) < least) {
            self.other(path, value, "has too few entries".to_owned());
        }
        if limit("maxProperties").is_some_and(|most| fields.len() as f64 > most) {
            self.other(path, value, "has too many entries".to_owned());
        }
        if let Some(names) = get("propertyNames").filter(|_| self.draft >= 6) {
            for (key, own) in &fields {
                if !self.key_fits(names, key, depth + 1) {
                    let message = "is a key of a form that is not allowed (propertyNames)".to_owned();
                    self.other(&format!("{path}.{key}"), own, message);
                }
            }
        }
        self.dependent(schema, value, path, depth);
        self.unevaluated_keys(schema, value, path, depth);
        let properties = get("properties");
        let mut patterns: Vec<(Arc<Regex>, NodeRef<'a>)> = Vec::new();
        for entry in get("patternProperties").into_iter().flat_map(|patterns| patterns.entries()) {
            patterns.extend(self.pattern(entry.key()).map(|regex| (regex, entry.value())));
        }
        for (key, own) in &fields {
            let below = format!("{path}.{key}");
            let mut known = false;
            if let Some(schema) = properties.and_then(|properties| properties.get_str(key)) {
                known = true;
                self.value(schema.value(), own, &below, depth + 1);
            }
            for (regex, schema) in &patterns {
                if regex.is_match(key) {
                    known = true;
                    self.value(*schema, own, &below, depth + 1);
                }
            }
            if known {
                continue;
            }
            match get("additionalProperties") {
                Some(more) if more.as_bool() == Some(false) => {
                    let known = properties.into_iter().flat_map(|properties| properties.entries());
                    let known = known.map(|entry| entry.key().to_owned()).collect();
                    self.say(&below, own, What::Unknown(known));
                }
                Some(more) => self.value(more, own, &below, depth + 1),
                None => {}
            }
        }
    }

    /// Has a key the form that a schema asks of keys?
    fn key_fits(&mut self, schema: NodeRef<'a>, key: &str, depth: usize) -> bool {
        let mut check = Check {
            root: self.root,
            draft: self.draft,
            patterns: self.patterns,
            found: Vec::new(),
            partial: self.partial,
            scope: self.scope.clone(),
            budget: self.budget,
            is_cut: self.is_cut,
        };
        check.value(schema, &Key(key), "", depth);
        (self.partial, self.budget, self.is_cut) = (check.partial, check.budget, check.is_cut);
        check.found.is_empty()
    }
}

/// The library divides decimals; of two floats the quotient may be off by the last bits.
fn is_whole(quotient: f64) -> bool {
    (quotient - quotient.round()).abs() <= 1e-9 * quotient.abs().max(1.0)
}

fn is_type(value: &impl Instance, name: &str) -> bool {
    match (value.kind(), name) {
        (Type::Null, "null")
        | (Type::Bool, "boolean")
        | (Type::Text, "string")
        | (Type::List, "array")
        | (Type::Map, "object")
        | (Type::Float | Type::Int, "number")
        | (Type::Int, "integer") => true,
        (Type::Float, "integer") => value.number().is_some_and(|number| number.fract() == 0.0),
        _ => false,
    }
}

fn word(value: &impl Instance) -> &'static str {
    match value.kind() {
        Type::Null => "null",
        Type::Bool => "boolean",
        Type::Text => "string",
        Type::List => "array",
        Type::Float | Type::Int if is_type(value, "integer") => "integer",
        Type::Float | Type::Int => "number",
        Type::Map | Type::Other => "object",
    }
}

fn json(node: NodeRef<'_>) -> String {
    let mut out = String::new();
    node.write_json(&mut out);
    out
}
