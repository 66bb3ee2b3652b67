//! What no part of a schema judges: `unevaluatedProperties` and `unevaluatedItems`.

use crate::check::{Check, DEEPEST, What};
use crate::{Instance, Type};
use ironclad_tree::{Kind, NodeRef};

/// What a schema judges of a value, in what applies of it.
#[derive(Default)]
struct Judged {
    keys: Vec<String>,
    all_keys: bool,
    /// Items up to this one.
    first: usize,
    /// Other items.
    items: Vec<usize>,
    all_items: bool,
}

impl<'a, V: Instance> Check<'a, V> {
    pub(crate) fn unevaluated_keys(&mut self, schema: NodeRef<'a>, value: &V, path: &str, depth: usize) {
        let rule = schema.get_str("unevaluatedProperties").map(|entry| entry.value());
        let Some(rule) = rule.filter(|_| self.draft >= 2019 && value.kind() == Type::Map) else { return };
        let mut judged = Judged::default();
        self.judged(schema, value, &mut judged, depth, true);
        for (key, own) in &value.fields() {
            if judged.all_keys || judged.keys.iter().any(|known| known == key) {
                continue;
            }
            let below = format!("{path}.{key}");
            if rule.as_bool() == Some(false) {
                self.say(&below, own, What::Unknown(judged.keys.clone()));
            } else {
                self.value(rule, own, &below, depth + 1);
            }
        }
    }

    pub(crate) fn unevaluated_items(&mut self, schema: NodeRef<'a>, value: &V, items: &[V], path: &str, depth: usize) {
        let rule = schema.get_str("unevaluatedItems").map(|entry| entry.value());
        let Some(rule) = rule.filter(|_| self.draft >= 2019) else { return };
        let mut judged = Judged::default();
        self.judged(schema, value, &mut judged, depth, true);
        for (index, item) in items.iter().enumerate() {
            if judged.all_items || index < judged.first || judged.items.contains(&index) {
                continue;
            }
            let below = format!("{path}[{index}]");
            if rule.as_bool() == Some(false) {
                self.say(&below, item, What::Other("is an item more than the schema knows".to_owned()));
            } else {
                self.value(rule, item, &below, depth + 1);
            }
        }
    }

    /// `outermost`: of the schema that asks, what it says of the rest does not count.
    fn judged(&mut self, schema: NodeRef<'a>, value: &V, judged: &mut Judged, depth: usize, outermost: bool) {
        if depth > DEEPEST || schema.kind() != Kind::Mapping {
            return;
        }
        let entered = self.enter(schema);
        self.judged_itself(schema, value, judged, depth, outermost);
        for (target, within) in self.referred(schema) {
            let also = self.within(within);
            self.judged(target, value, judged, depth + 1, false);
            self.leave(also);
        }
        let get = |name: &str| schema.get_str(name).map(|entry| entry.value());
        for part in ["allOf", "anyOf", "oneOf"].iter().flat_map(|name| get(name)).flat_map(|all| all.items()) {
            if self.fits(part, value, depth + 1) {
                self.judged(part, value, judged, depth + 1, false);
            }
        }
        if let Some(condition) = get("if") {
            let holds = self.fits(condition, value, depth + 1);
            if holds {
                self.judged(condition, value, judged, depth + 1, false);
            }
            if let Some(branch) = if holds { get("then") } else { get("else") } {
                self.judged(branch, value, judged, depth + 1, false);
            }
        }
        for rule in get("dependentSchemas").into_iter().flat_map(|rules| rules.entries()) {
            if value.field(rule.key()).is_some() {
                self.judged(rule.value(), value, judged, depth + 1, false);
            }
        }
        self.leave(entered);
    }

    fn judged_itself(&mut self, schema: NodeRef<'a>, value: &V, judged: &mut Judged, depth: usize, outermost: bool) {
        let get = |name: &str| schema.get_str(name).map(|entry| entry.value());
        let entries = |name: &str| get(name).into_iter().flat_map(|node| node.entries());
        judged.keys.extend(entries("properties").map(|entry| entry.key().to_owned()));
        for pattern in entries("patternProperties") {
            if let Some(regex) = self.pattern(pattern.key()) {
                let matching = value.fields().into_iter().map(|(key, _)| key).filter(|key| regex.is_match(key));
                judged.keys.extend(matching);
            }
        }
        judged.all_keys |= get("additionalProperties").is_some();
        judged.all_keys |= !outermost && get("unevaluatedProperties").is_some();
        judged.all_items |= !outermost && get("unevaluatedItems").is_some();
        if value.kind() != Type::List {
            return;
        }
        match get("items") {
            Some(each) if self.draft < 2020 && each.kind() == Kind::Sequence => {
                judged.first = judged.first.max(each.items().count());
                judged.all_items |= get("additionalItems").is_some();
            }
            Some(_) => judged.all_items = true,
            None => {}
        }
        if self.draft < 2020 {
            return;
        }
        if let Some(first) = get("prefixItems") {
            judged.first = judged.first.max(first.items().count());
        }
        if let Some(wanted) = get("contains") {
            for (index, item) in value.items().iter().enumerate() {
                if self.fits(wanted, item, depth + 1) {
                    judged.items.push(index);
                }
            }
        }
    }
}
