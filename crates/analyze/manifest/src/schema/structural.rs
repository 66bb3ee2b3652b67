//! A value against a structural schema, as the API server validates custom resources
//! (k8s.io/apiextensions-apiserver, pkg/apiserver/schema): types, unknown fields, required fields, enumerations, bounds,
//! patterns, formats ([`format`](super::format)), `allOf`, `anyOf`, `oneOf` and `not` ([`super::junctors`]), and list types
//! ([`super::lists`]).
//!
//! Not judged: CEL rules ([`has_rules`]). A field that is null counts as absent unless its schema says `nullable`, because
//! the API server drops it.

use super::junctors::Junctors;
use super::{DROPPED, Fault, MOST, built_in, format, list_of, lists, meant};
use ironclad_jsonschema::Patterns;
use ironclad_tree::{Kind, NodeRef, describe, describe_value};
use ironclad_views::sops;

/// Deeper than this no object goes; schemas are trees, so the object bounds the walk anyway.
const DEEPEST: usize = 256;

/// One walk.
pub(crate) struct Structural<'f, 'a> {
    pub(crate) keeps_unknown: bool,
    pub(crate) patterns: &'f Patterns,
    pub(crate) minor: u8,
    pub(crate) faults: &'f mut Vec<Fault<'a>>,
}

/// A value and what it should be.
struct Step<'a, 's> {
    node: NodeRef<'a>,
    schema: NodeRef<'s>,
    name: String,
    depth: usize,
}

pub(super) fn flag(schema: NodeRef<'_>, name: &str) -> bool {
    schema.get_str(name).and_then(|entry| entry.value().as_bool()) == Some(true)
}

pub(super) fn child<'s>(schema: NodeRef<'s>, name: &str) -> Option<NodeRef<'s>> {
    schema.get_str(name).map(|entry| entry.value()).filter(|node| !node.is_null())
}

fn number(schema: NodeRef<'_>, name: &str) -> Option<f64> {
    child(schema, name)?.as_f64()
}

impl<'a> Structural<'_, 'a> {
    /// Judges an object from its root.
    pub(crate) fn run<'s>(mut self, root: NodeRef<'a>, schema: NodeRef<'s>) {
        let mut pending = vec![Step { node: root, schema, name: "the object".to_owned(), depth: 0 }];
        while let Some(step) = pending.pop() {
            if self.faults.len() >= MOST {
                return;
            }
            if step.depth <= DEEPEST && self.has_type(&step) {
                self.values(&step);
                match step.node.kind() {
                    Kind::Mapping => self.mapping(&step, &mut pending),
                    Kind::Sequence => self.sequence(&step, &mut pending),
                    _ => {}
                }
            }
        }
    }

    fn fault(&mut self, node: NodeRef<'a>, message: String) {
        self.faults.push(Fault::at(node, message));
    }

    fn has_type(&mut self, step: &Step<'a, '_>) -> bool {
        let (node, schema) = (step.node, step.schema);
        let kind = node.kind();
        let is_encrypted = || node.as_str().is_some_and(sops::is_encrypted);
        if kind == Kind::Null && flag(schema, "nullable") || is_encrypted() {
            return false;
        }
        let (fits, wanted) = fits_type(node, schema);
        if !fits {
            self.fault(node, format!("{} is {}, not {wanted}", step.name, shown(&step.name, node)));
        }
        fits
    }

    fn values(&mut self, step: &Step<'a, '_>) {
        let (node, schema, name) = (step.node, step.schema, &step.name);
        if let Some(values) = child(schema, "enum").filter(|values| values.kind() == Kind::Sequence)
            && !values.items().any(|value| value.eq_value(node))
        {
            let texts = values.items().filter_map(|value| value.text());
            let advice = match node.as_str().and_then(|text| meant(text, texts.clone())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is {}", list_of(texts)),
            };
            self.fault(node, format!("{name} is {}: {advice}", shown(name, node)));
            return;
        }
        let junctors = Junctors { patterns: self.patterns };
        let message = bounds(node, schema, self.patterns).or_else(|| junctors.judge(node, schema));
        if let Some(message) = message {
            self.fault(node, format!("{name} {message}"));
        }
    }

    fn mapping<'s>(&mut self, step: &Step<'a, 's>, pending: &mut Vec<Step<'a, 's>>) {
        let (node, schema) = (step.node, step.schema);
        let properties = child(schema, "properties").filter(|properties| properties.kind() == Kind::Mapping);
        let additional = child(schema, "additionalProperties");
        let is_embedded = step.depth == 0 || flag(schema, "x-kubernetes-embedded-resource");
        let is_typed = child(schema, "type").is_some() || properties.is_some();
        let keeps = self.keeps_unknown
            || !is_typed
            || flag(schema, "x-kubernetes-preserve-unknown-fields")
            || additional.is_some_and(|additional| additional.as_bool() != Some(false));
        for entry in node.entries() {
            let (key, value) = (entry.key(), entry.value());
            if is_embedded && matches!(key, "apiVersion" | "kind" | "metadata") {
                if key == "metadata" && step.depth > 0 {
                    built_in::metadata(value, self.minor, self.faults);
                }
                continue;
            }
            // The status is the server's; what SOPS notes is gone before the server sees it.
            if step.depth == 0 && (key == "status" || sops::is_note(key, value)) {
                continue;
            }
            let own = properties.and_then(|properties| properties.get_str(key)).map(|entry| entry.value());
            let below = own.or(additional.filter(|additional| additional.kind() == Kind::Mapping));
            match below {
                Some(below) if value.is_null() && !flag(below, "nullable") => {}
                Some(schema) => {
                    pending.push(Step { node: value, schema, name: format!("`{key}`"), depth: step.depth + 1 });
                }
                None if keeps => {}
                None => {
                    let names = properties.into_iter().flat_map(|properties| properties.entries());
                    let advice = meant(key, names.map(|entry| entry.key()).collect::<Vec<_>>().into_iter())
                        .map(|near| format!(": did you mean `{near}`?"))
                        .unwrap_or_default();
                    let message = format!("unknown field `{key}`{advice}");
                    self.faults.push(Fault { label: DROPPED, ..Fault::at(value, message) });
                }
            }
        }
        for name in child(schema, "required").into_iter().flat_map(|required| required.items()) {
            let Some(name) = name.as_str() else { continue };
            let is_defaulted = || {
                let own = properties.and_then(|properties| properties.get_str(name));
                own.is_some_and(|entry| child(entry.value(), "default").is_some())
            };
            let written = node.get_str(name).is_some_and(|entry| !entry.value().is_null());
            let is_status = step.depth == 0 && name == "status";
            if written || is_status || is_defaulted() {
                continue;
            }
            self.faults.push(Fault::missing(node, name));
        }
    }

    fn sequence<'s>(&mut self, step: &Step<'a, 's>, pending: &mut Vec<Step<'a, 's>>) {
        for (item, what) in lists::repeated(step.node, step.schema) {
            self.fault(item, format!("an item of {} {what}", step.name));
        }
        let Some(schema) = child(step.schema, "items").filter(|items| items.kind() == Kind::Mapping) else { return };
        let name = format!("an item of {}", step.name);
        pending.extend(step.node.items().map(|node| Step { node, schema, name: name.clone(), depth: step.depth + 1 }));
    }
}

/// Does a schema have CEL rules (`x-kubernetes-validations`), at its top or anywhere below?
pub(super) fn has_rules(schema: NodeRef<'_>) -> bool {
    let mut pending = vec![schema];
    while let Some(schema) = pending.pop() {
        if child(schema, "x-kubernetes-validations").is_some_and(|rules| !rules.is_empty()) {
            return true;
        }
        let properties = child(schema, "properties").into_iter().flat_map(|properties| properties.entries());
        pending.extend(properties.map(|entry| entry.value()));
        pending.extend(["items", "additionalProperties"].iter().filter_map(|name| child(schema, name)));
    }
    false
}

/// Does the value have the type that the schema wants, and which is that?
pub(super) fn fits_type(node: NodeRef<'_>, schema: NodeRef<'_>) -> (bool, &'static str) {
    let kind = node.kind();
    let whole = || kind == Kind::Int || node.as_f64().is_some_and(|value| value.fract() == 0.0);
    match child(schema, "type").and_then(|wanted| wanted.as_str()) {
        _ if flag(schema, "x-kubernetes-int-or-string") => {
            (matches!(kind, Kind::Int | Kind::String), "a whole number or a text")
        }
        Some("object") => (kind == Kind::Mapping, "an object"),
        Some("array") => (kind == Kind::Sequence, "a list"),
        Some("string") => (kind == Kind::String, "a text"),
        Some("integer") => (whole(), "a whole number"),
        Some("number") => (matches!(kind, Kind::Int | Kind::Float), "a number"),
        Some("boolean") => (kind == Kind::Bool, "true or false"),
        _ => (true, ""),
    }
}

/// A value in words. What may be a secret, by its name or by its form, is not repeated.
pub(super) fn shown(name: &str, node: NodeRef<'_>) -> String {
    let name = name.rsplit('`').nth(1).unwrap_or(name);
    let is_secret = |text: &str| ironclad_leak::name_of_secret(name).is_some() || !ironclad_leak::find(text).is_empty();
    if node.text().is_some_and(is_secret) { describe(node) } else { describe_value(node) }
}

/// What of a value is out of bounds, as the rest of a sentence about it.
pub(super) fn bounds(node: NodeRef<'_>, schema: NodeRef<'_>, patterns: &Patterns) -> Option<String> {
    match node.kind() {
        Kind::Int | Kind::Float => number_bounds(node, schema),
        Kind::String => text_bounds(node, schema, patterns),
        Kind::Sequence => count_bounds(node.len(), schema, "minItems", "maxItems", "item"),
        Kind::Mapping => count_bounds(node.len(), schema, "minProperties", "maxProperties", "field"),
        _ => None,
    }
}

fn text_bounds(node: NodeRef<'_>, schema: NodeRef<'_>, patterns: &Patterns) -> Option<String> {
    let text = node.as_str()?;
    if let Some(message) = count_bounds(text.chars().count(), schema, "minLength", "maxLength", "character") {
        return Some(message);
    }
    if let Some(pattern) = child(schema, "pattern").and_then(|pattern| pattern.as_str())
        && patterns.get(pattern).is_some_and(|regex| !regex.is_match(text))
    {
        return Some(format!("does not match `{pattern}`"));
    }
    let wanted = format::named(child(schema, "format")?.as_str()?)?;
    (!wanted.fits(text)).then(|| format!("is not {}", wanted.what))
}

fn number_bounds(node: NodeRef<'_>, schema: NodeRef<'_>) -> Option<String> {
    let value = node.as_f64()?;
    let written = node.text().unwrap_or_default();
    if let Some(least) = number(schema, "minimum") {
        let excludes = flag(schema, "exclusiveMinimum");
        if value < least || (excludes && value <= least) {
            return Some(format!("is `{written}`: it is {} {least}", if excludes { "more than" } else { "at least" }));
        }
    }
    let most = number(schema, "maximum")?;
    let excludes = flag(schema, "exclusiveMaximum");
    (value > most || (excludes && value >= most))
        .then(|| format!("is `{written}`: it is {} {most}", if excludes { "less than" } else { "at most" }))
}

fn count_bounds(count: usize, schema: NodeRef<'_>, least: &str, most: &str, of: &str) -> Option<String> {
    let bound = |name| child(schema, name).and_then(|bound| bound.as_i64());
    let plural = |bound: i64| if bound == 1 { "" } else { "s" };
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    if let Some(least) = bound(least).filter(|&least| count < least) {
        return Some(format!("has {count} {of}{}: it has at least {least}", plural(count)));
    }
    let most = bound(most).filter(|&most| count > most)?;
    Some(format!("has {count} {of}{}: it has at most {most}", plural(count)))
}
