//! Merging of values, as `pkg/chartutil/coalesce.go` and `pkg/cli/values` of Helm do it. Values are maps that are
//! shared; every function here works on copies of its own.

use crate::chart::Chart;
use ironclad_gotemplate::{Data, Slot, Value};
use std::rc::Rc;

const GLOBAL: &str = "global";

/// Is it a map?
fn is_table(value: &Value) -> bool {
    matches!(value.data, Data::Map(_))
}

/// Entries of a map, as they are now.
fn entries(map: &Value) -> Vec<(Rc<str>, Slot)> {
    match &map.data {
        Data::Map(map) => map.borrow().entries.iter().map(|(key, slot)| (Rc::clone(key), slot.clone())).collect(),
        _ => Vec::new(),
    }
}

fn put(map: &Value, key: Rc<str>, slot: Slot) {
    if let Data::Map(map) = &map.data {
        map.borrow_mut().insert(key, slot);
    }
}

fn remove(map: &Value, key: &str) {
    if let Data::Map(map) = &map.data {
        map.borrow_mut().entries.remove(key);
    }
}

/// A copy of a map; an empty map for anything else.
pub(crate) fn copy(value: &Value) -> Value {
    match value.deep_copy() {
        Some(copy) if is_table(&copy) => copy,
        _ => Value::map([]),
    }
}

/// Values files on top of each other: maps are merged, everything else is replaced, a null stays to delete later.
pub(crate) fn merge_maps(below: &Value, above: &Value) -> Value {
    let out = copy(below);
    for (key, slot) in entries(above) {
        let known = out.get(&key).filter(is_table);
        match known {
            Some(known) if is_table(&slot.value) => {
                let merged = Value { mark: slot.value.mark, ..merge_maps(&known, &slot.value) };
                put(&out, key, Slot { key: slot.key, value: merged });
            }
            _ => put(&out, key, Slot { key: slot.key, value: slot.value.deep_copy().unwrap_or_default() }),
        }
    }
    out
}

/// What the templates of a chart get: the given values over the chart's own, for it and its dependencies. With `merge`,
/// nulls are kept (for what is imported from a dependency).
pub(crate) fn coalesce(chart: &Chart, given: &Value, merge: bool) -> Result<Value, String> {
    let values = copy(given);
    coalesce_chart(chart, &values, merge)?;
    Ok(values)
}

fn coalesce_chart(chart: &Chart, values: &Value, merge: bool) -> Result<(), String> {
    coalesce_values(chart, values, merge);
    for child in &chart.children {
        match values.get(&child.name) {
            None => put(values, child.name.clone(), Slot { key: Default::default(), value: Value::map([]) }),
            Some(found) if !is_table(&found) => {
                return Err(format!(
                    "values of dependency {:?} are {}, not a map",
                    child.name,
                    if found.is_nil() { "null" } else { found.type_name() }
                ));
            }
            Some(_) => {}
        }
        if let Some(own) = values.get(&child.name) {
            coalesce_globals(&own, values);
            coalesce_chart(child, &own, merge)?;
        }
    }
    Ok(())
}

fn coalesce_globals(into: &Value, from: &Value) {
    let target = match into.get(GLOBAL) {
        None => Value::map([]),
        Some(found) if is_table(&found) => found,
        Some(_) => return,
    };
    let source = match from.get(GLOBAL) {
        None => Value::map([]),
        Some(found) if is_table(&found) => found,
        Some(_) => return,
    };
    for (key, slot) in entries(&source) {
        let known = target.get(&key);
        if is_table(&slot.value) {
            let shallow = Value { mark: slot.value.mark, ..Value::map([]) };
            for (key, slot) in entries(&slot.value) {
                put(&shallow, key, slot);
            }
            match known {
                None => put(&target, key, Slot { key: slot.key, value: shallow }),
                Some(known) if is_table(&known) => {
                    // The parent's globals win over the dependency's.
                    coalesce_tables(&shallow, &known, true);
                    put(&target, key, Slot { key: slot.key, value: shallow });
                }
                Some(_) => {}
            }
        } else if !known.is_some_and(|known| is_table(&known)) {
            put(&target, key, slot);
        }
    }
    put(into, GLOBAL.into(), Slot { key: Default::default(), value: target });
}

fn coalesce_values(chart: &Chart, values: &Value, merge: bool) {
    let own = copy(&chart.values);
    for (key, slot) in entries(&own) {
        let Some(known) = values.get(&key) else {
            put(values, key, slot);
            continue;
        };
        if known.is_nil() && !merge {
            // A null takes the chart's default away.
            remove(values, &key);
        } else if is_table(&known) && is_table(&slot.value) {
            let of_child = chart.children.iter().any(|child| *child.name == *key);
            coalesce_tables(&known, &slot.value, merge || of_child);
        }
    }
}

/// `coalesceTablesFullKey`: what is not in `into` comes from `from`, which is changed as well.
pub(crate) fn coalesce_tables(into: &Value, from: &Value, merge: bool) {
    let before = entries(from);
    for (key, slot) in entries(into) {
        if slot.value.is_nil() {
            put(from, key, slot);
        }
    }
    for (key, slot) in entries(from) {
        let Some(known) = into.get(&key) else {
            put(into, key, slot);
            continue;
        };
        let was_set = before.iter().any(|(name, slot)| *name == key && !slot.value.is_nil());
        if known.is_nil() && !merge && was_set {
            remove(into, &key);
        } else if is_table(&slot.value) && is_table(&known) {
            coalesce_tables(&known, &slot.value, merge);
        }
    }
}

/// The value at a dotted path, where every step but the last is a map.
pub(crate) fn at_path(values: &Value, path: &str) -> Option<Value> {
    path.split('.').try_fold(values.clone(), |at, name| at.get(name))
}

/// The map at a dotted path.
pub(crate) fn table_at(values: &Value, path: &str) -> Option<Value> {
    at_path(values, path).filter(is_table)
}

/// A map that holds `value` at a dotted path; `.` is the map itself.
pub(crate) fn below_path(path: &str, value: Value) -> Value {
    if path == "." {
        return value;
    }
    path.split('.').rev().fold(value, |inner, name| Value::map([(Rc::from(name), inner)]))
}
