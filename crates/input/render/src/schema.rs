//! `values.schema.json`: JSON Schema as the library that Helm uses applies it (santhosh-tekuri/jsonschema v6), drafts 4
//! to 2020-12, with references within the file.
//!
//! `format` is asserted in drafts up to 7, as there. What a reference to another document says is not fetched, and the
//! schema is then said to be checked in part. What an encoded text holds (`contentSchema`) passes, as there.

mod evaluated;
mod references;

use crate::chart::Chart;
use crate::formats;
use crate::problems::{at, warning};
use ironclad_gotemplate::{Data, Trails, Value};
use ironclad_model::ReportedProblem;
use ironclad_tree::{Kind, Limits, NodeRef, Span, parse};
use regex::Regex;

/// Nesting of schema and values before the check gives up.
const DEEPEST: usize = 64;
/// Violations of one schema that are reported.
const MOST: usize = 20;

/// Checks the values of a chart and of its dependencies.
pub(crate) fn validate(chart: &Chart, values: &Value, trails: &Trails, problems: &mut Vec<ReportedProblem>) {
    if let Some(source) = &chart.schema {
        let parsed = parse(source, &Limits::default());
        match parsed.documents.first() {
            Some(document) if parsed.problems.is_empty() => {
                let draft = draft(document.root());
                let mut check =
                    Check { root: document.root(), draft, found: Vec::new(), remote: false, scope: Vec::new() };
                check.value(document.root(), values, "", 0);
                for (path, value, message) in check.found.into_iter().take(MOST) {
                    let path = if path.is_empty() {
                        "the values".to_owned()
                    } else {
                        format!("`{}`", path.trim_start_matches('.'))
                    };
                    let message = format!("{path}: {message}, says values.schema.json");
                    let end = value.and_then(|value| trails.ends(value.origin(trails)).into_iter().next());
                    let (text, span) =
                        end.map_or((source.clone(), Span { start: 0, end: 0 }), |link| (link.source, link.span));
                    problems.push(at(&text, span, message, "Helm refuses the chart with these values"));
                }
                if check.remote {
                    let span = Span { start: 0, end: 0 };
                    let message = "schema refers to another document, which is not fetched: values are checked in part";
                    problems.push(warning(at(source, span, message, "")));
                }
            }
            _ => {
                let span = parsed.problems.first().map_or(Span { start: 0, end: 0 }, |problem| problem.span);
                problems.push(at(source, span, "schema is no JSON", "Helm refuses the chart"));
            }
        }
    }
    for child in &chart.children {
        if let Some(own) = values.get(&child.name) {
            validate(child, &own, trails, problems);
        }
    }
}

/// The number of a draft; 2019-09 and 2020-12 by their years. Without `$schema`, the newest.
fn draft(root: NodeRef<'_>) -> u32 {
    let named = root.get_str("$schema").and_then(|entry| entry.value().as_str()).unwrap_or_default();
    match named {
        _ if named.contains("draft-03") || named.contains("draft-04") => 4,
        _ if named.contains("draft-06") => 6,
        _ if named.contains("draft-07") => 7,
        _ if named.contains("2019-09") => 2019,
        _ => 2020,
    }
}

struct Check<'a> {
    root: NodeRef<'a>,
    draft: u32,
    found: Vec<(String, Option<Value>, String)>,
    remote: bool,
    /// The schemas with an `$id` that led here, outermost first: what dynamic references look through.
    scope: Vec<NodeRef<'a>>,
}

impl<'a> Check<'a> {
    fn say(&mut self, path: &str, value: &Value, message: String) {
        if self.found.len() <= MOST {
            self.found.push((path.to_owned(), Some(value.clone()), message));
        }
    }

    /// Does the value fit, without a word about why not?
    fn fits(&mut self, schema: NodeRef<'a>, value: &Value, depth: usize) -> bool {
        let outer = std::mem::take(&mut self.found);
        self.value(schema, value, "", depth);
        let fits = self.found.is_empty();
        self.found = outer;
        fits
    }

    fn value(&mut self, schema: NodeRef<'a>, value: &Value, path: &str, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let entered = self.enter(schema);
        self.apply(schema, value, path, depth);
        self.leave(entered);
    }

    fn apply(&mut self, schema: NodeRef<'a>, value: &Value, path: &str, depth: usize) {
        if schema.kind() == Kind::Bool {
            if schema.as_bool() == Some(false) {
                self.say(path, value, "must not be set".to_owned());
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
                self.say(path, value, format!("is {}, not {}", word(value), names.join(" or ")));
                return;
            }
        }
        if let Some(allowed) = get("enum")
            && !allowed.items().any(|item| same(item, value))
        {
            let words: Vec<String> = allowed.items().map(json).collect();
            self.say(path, value, format!("must be one of {}", words.join(", ")));
        }
        if let Some(wanted) = get("const").filter(|_| self.draft >= 6)
            && !same(wanted, value)
        {
            self.say(path, value, format!("must be {}", json(wanted)));
        }
        self.combined(schema, value, path, depth);
        match &value.data {
            Data::Str(text) => self.text(schema, value, text.as_str(), path),
            Data::Float(number) => self.number(schema, value, *number, path),
            Data::Int(number, _) => self.number(schema, value, *number as f64, path),
            Data::List(list) => self.list(schema, value, &list.items, path, depth),
            Data::Map(_) => self.map(schema, value, path, depth),
            _ => {}
        }
    }

    fn combined(&mut self, schema: NodeRef<'a>, value: &Value, path: &str, depth: usize) {
        let get = |name: &str| schema.get_str(name).map(|entry| entry.value());
        for part in get("allOf").into_iter().flat_map(|all| all.items()) {
            self.value(part, value, path, depth + 1);
        }
        if let Some(any) = get("anyOf")
            && !any.items().any(|part| self.fits(part, value, depth + 1))
        {
            self.say(path, value, "fits none of the forms allowed (anyOf)".to_owned());
        }
        if let Some(one) = get("oneOf") {
            let count = one.items().filter(|part| self.fits(*part, value, depth + 1)).count();
            if count != 1 {
                self.say(path, value, format!("must fit exactly one form (oneOf), and fits {count}"));
            }
        }
        if let Some(not) = get("not")
            && self.fits(not, value, depth + 1)
        {
            self.say(path, value, "has a form that is not allowed (not)".to_owned());
        }
        if let Some(condition) = get("if").filter(|_| self.draft >= 7) {
            let branch = if self.fits(condition, value, depth + 1) { get("then") } else { get("else") };
            if let Some(branch) = branch {
                self.value(branch, value, path, depth + 1);
            }
        }
    }

    fn text(&mut self, schema: NodeRef<'a>, value: &Value, text: &str, path: &str) {
        let limit = |name: &str| schema.get_str(name).and_then(|entry| entry.value().as_f64());
        let length = text.chars().count() as f64;
        if limit("minLength").is_some_and(|least| length < least) {
            self.say(path, value, "is too short".to_owned());
        }
        if limit("maxLength").is_some_and(|most| length > most) {
            self.say(path, value, "is too long".to_owned());
        }
        if let Some(format) = schema.get_str("format").and_then(|entry| entry.value().as_str())
            && self.draft <= 7
            && !formats::fits(format, text)
        {
            self.say(path, value, format!("is no `{format}`"));
        }
        if let Some(pattern) = schema.get_str("pattern").and_then(|entry| entry.value().as_str())
            && regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().is_ok_and(|regex| !regex.is_match(text))
        {
            self.say(path, value, format!("does not match `{pattern}`"));
        }
    }

    fn number(&mut self, schema: NodeRef<'a>, value: &Value, number: f64, path: &str) {
        let limit = |name: &str| schema.get_str(name).and_then(|entry| entry.value().as_f64());
        if let Some(least) = limit("minimum").filter(|least| number < *least) {
            self.say(path, value, format!("must be at least {least}"));
        }
        if let Some(most) = limit("maximum").filter(|most| number > *most) {
            self.say(path, value, format!("must be at most {most}"));
        }
        if self.draft == 4 {
            let flag = |name: &str| schema.get_str(name).and_then(|entry| entry.value().as_bool()) == Some(true);
            if flag("exclusiveMinimum") && limit("minimum").is_some_and(|least| number <= least)
                || flag("exclusiveMaximum") && limit("maximum").is_some_and(|most| number >= most)
            {
                self.say(path, value, "is at a limit that is excluded".to_owned());
            }
        }
        if let Some(least) = limit("exclusiveMinimum").filter(|least| number <= *least) {
            self.say(path, value, format!("must be more than {least}"));
        }
        if let Some(most) = limit("exclusiveMaximum").filter(|most| number >= *most) {
            self.say(path, value, format!("must be less than {most}"));
        }
        if let Some(step) = limit("multipleOf").filter(|step| *step > 0.0 && !is_whole(number / step)) {
            self.say(path, value, format!("must be a multiple of {step}"));
        }
    }

    fn list(&mut self, schema: NodeRef<'a>, value: &Value, items: &[Value], path: &str, depth: usize) {
        let limit = |name: &str| schema.get_str(name).and_then(|entry| entry.value().as_f64());
        if limit("minItems").is_some_and(|least| (items.len() as f64) < least) {
            self.say(path, value, "has too few items".to_owned());
        }
        if limit("maxItems").is_some_and(|most| items.len() as f64 > most) {
            self.say(path, value, "has too many items".to_owned());
        }
        let unique = schema.get_str("uniqueItems").is_some_and(|entry| entry.value().as_bool() == Some(true));
        if unique && items.len() < 1_000 {
            let twice = items.iter().enumerate().any(|(i, a)| items.iter().take(i).any(|b| a.deep_equal(b)));
            if twice {
                self.say(path, value, "has an item twice".to_owned());
            }
        }
        let get = |name: &str| schema.get_str(name).map(|entry| entry.value());
        if let Some(wanted) = get("contains").filter(|_| self.draft >= 6) {
            let count = items.iter().filter(|item| self.fits(wanted, item, depth + 1)).count() as f64;
            let least = limit("minContains").filter(|_| self.draft >= 2019).unwrap_or(1.0);
            if count < least {
                self.say(path, value, "holds too few items of the form that it must contain (contains)".to_owned());
            }
            if limit("maxContains").filter(|_| self.draft >= 2019).is_some_and(|most| count > most) {
                self.say(path, value, "holds too many items of one form (maxContains)".to_owned());
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
    fn dependent(&mut self, schema: NodeRef<'a>, value: &Value, path: &str, depth: usize) {
        let Some(map) = value.as_map() else { return };
        let has = |key: &str| map.borrow().entries.contains_key(key);
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
                    self.say(path, value, format!("`{wanted}` is required beside `{}`", rule.key()));
                }
            }
        }
    }

    fn map(&mut self, schema: NodeRef<'a>, value: &Value, path: &str, depth: usize) {
        let Some(map) = value.as_map() else { return };
        let map = map.borrow();
        let get = |name: &str| schema.get_str(name).map(|entry| entry.value());
        let limit = |name: &str| get(name).and_then(|node| node.as_f64());
        for name in get("required").into_iter().flat_map(|names| names.items()).filter_map(|name| name.as_str()) {
            if !map.entries.contains_key(name) {
                self.say(path, value, format!("`{name}` is required"));
            }
        }
        if limit("minProperties").is_some_and(|least| (map.entries.len() as f64) < least) {
            self.say(path, value, "has too few entries".to_owned());
        }
        if limit("maxProperties").is_some_and(|most| map.entries.len() as f64 > most) {
            self.say(path, value, "has too many entries".to_owned());
        }
        if let Some(names) = get("propertyNames").filter(|_| self.draft >= 6) {
            for key in map.entries.keys() {
                let name = Value::str(&**key);
                if !self.fits(names, &name, depth + 1) {
                    let message = "is a key of a form that is not allowed (propertyNames)".to_owned();
                    self.say(&format!("{path}.{key}"), value, message);
                }
            }
        }
        self.dependent(schema, value, path, depth);
        self.unevaluated_keys(schema, value, path, depth);
        let properties = get("properties");
        let patterns: Vec<(Regex, NodeRef<'a>)> = get("patternProperties")
            .into_iter()
            .flat_map(|patterns| patterns.entries())
            .filter_map(|entry| {
                let built = regex::RegexBuilder::new(entry.key()).size_limit(1 << 20).build();
                built.ok().map(|regex| (regex, entry.value()))
            })
            .collect();
        for (key, slot) in &map.entries {
            let below = format!("{path}.{key}");
            let mut known = false;
            if let Some(schema) = properties.and_then(|properties| properties.get_str(key)) {
                known = true;
                self.value(schema.value(), &slot.value, &below, depth + 1);
            }
            for (regex, schema) in &patterns {
                if regex.is_match(key) {
                    known = true;
                    self.value(*schema, &slot.value, &below, depth + 1);
                }
            }
            if known {
                continue;
            }
            match get("additionalProperties") {
                Some(more) if more.as_bool() == Some(false) => {
                    self.say(&below, &slot.value, "is not a known key".to_owned());
                }
                Some(more) => self.value(more, &slot.value, &below, depth + 1),
                None => {}
            }
        }
    }
}

/// The library divides decimals; of two floats the quotient may be off by the last bits.
fn is_whole(quotient: f64) -> bool {
    (quotient - quotient.round()).abs() <= 1e-9 * quotient.abs().max(1.0)
}

fn is_type(value: &Value, name: &str) -> bool {
    match (&value.data, name) {
        (Data::Nil, "null")
        | (Data::Bool(_), "boolean")
        | (Data::Str(_), "string")
        | (Data::List(_), "array")
        | (Data::Map(_), "object")
        | (Data::Float(_) | Data::Int(..), "number")
        | (Data::Int(..), "integer") => true,
        (Data::Float(number), "integer") => number.fract() == 0.0,
        _ => false,
    }
}

fn word(value: &Value) -> &'static str {
    match &value.data {
        Data::Nil => "null",
        Data::Bool(_) => "boolean",
        Data::Str(_) => "string",
        Data::List(_) => "array",
        Data::Float(number) if number.fract() == 0.0 => "integer",
        Data::Float(_) | Data::Int(..) => "number",
        _ => "object",
    }
}

fn json(node: NodeRef<'_>) -> String {
    let mut out = String::new();
    node.write_json(&mut out);
    out
}

fn same(node: NodeRef<'_>, value: &Value) -> bool {
    let wanted = ironclad_gotemplate::of_node(node, &|_| Default::default());
    match (&wanted.data, &value.data) {
        (Data::Float(a), Data::Int(b, _)) => *a == *b as f64,
        _ => wanted.deep_equal(value),
    }
}
