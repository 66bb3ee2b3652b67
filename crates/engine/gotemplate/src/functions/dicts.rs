//! sprig's `dict.go`. Maps are shared: `set` changes the one that everybody holds.

use super::{Outcome, Row, text_of};
use crate::exec::Call;
use crate::trail::Mark;
use crate::value::{Data, Dict, Elem, Slot, Value};
use std::cell::RefCell;
use std::rc::Rc;

pub(super) const ROWS: &[Row] = &[
    ("dict", "*a", dict),
    ("get", "ms", |call| Ok(call.value(0).get(call.str(1)).unwrap_or_else(|| Value::str("")))),
    ("set", "msa", |call| {
        let value = call.value(2).clone();
        if let (Some(map), Data::Map(other)) = (call.value(0).as_map(), &value.data)
            && Rc::ptr_eq(map, other)
        {
            return Err("map would hold itself".into());
        }
        let key = call.text(1);
        if let Some(map) = call.value(0).as_map() {
            let mark = key.mark(&call.engine.trails);
            let count = map.borrow().entries.len();
            if count > call.engine.limits().elements {
                return Err(format!("map of more than {count} entries").into());
            }
            map.borrow_mut().insert(key.shared(), Slot { key: mark, value });
        }
        Ok(call.value(0).clone())
    }),
    ("unset", "ms", |call| {
        if let Some(map) = call.value(0).as_map() {
            map.borrow_mut().entries.remove(call.str(1));
        }
        Ok(call.value(0).clone())
    }),
    ("hasKey", "ms", |call| {
        let has = call.value(0).as_map().is_some_and(|map| map.borrow().entries.contains_key(call.str(1)));
        Ok(Value::bool(has))
    }),
    ("pluck", "s*m", |call| {
        let maps = call.arguments.get(1..).unwrap_or_default();
        Ok(Value::list(maps.iter().filter_map(|map| map.get(call.str(0))).collect()))
    }),
    ("keys", "*m", |call| {
        let mut keys = Vec::new();
        for map in call.arguments.iter().filter_map(Value::as_map) {
            for (key, slot) in &map.borrow().entries {
                keys.push(Value::str(Rc::clone(key)).with_mark(slot.key));
            }
        }
        Ok(Value::strings(keys))
    }),
    ("values", "m", |call| {
        let Some(map) = call.value(0).as_map() else { return Ok(Value::list(Vec::new())) };
        Ok(Value::list(map.borrow().entries.values().map(|slot| slot.value.clone()).collect()))
    }),
    ("pick", "m*s", |call| filtered(call, true)),
    ("omit", "m*s", |call| filtered(call, false)),
    ("merge", "m*m", |call| merged(call, false)),
    ("mustMerge", "m*m", |call| merged(call, false)),
    ("mergeOverwrite", "m*m", |call| merged(call, true)),
    ("mustMergeOverwrite", "m*m", |call| merged(call, true)),
    ("dig", "*a", dig),
];

fn dict(call: &Call<'_>) -> Outcome {
    let mut dict = Dict::of(Elem::Any);
    for pair in call.arguments.chunks(2) {
        let Some(key) = pair.first() else { continue };
        let key = text_of(key, call);
        let value = pair.get(1).cloned().unwrap_or_else(|| Value::str(""));
        dict.insert(key.shared(), Slot { key: key.mark(&call.engine.trails), value });
    }
    Ok(Value::dict(dict))
}

fn filtered(call: &Call<'_>, keep: bool) -> Outcome {
    let named: Vec<&str> = call.arguments.iter().skip(1).filter_map(Value::as_str).collect();
    let mut dict = Dict::of(Elem::Any);
    if let Some(map) = call.value(0).as_map() {
        for (key, slot) in &map.borrow().entries {
            if named.contains(&&**key) == keep {
                dict.insert(Rc::clone(key), slot.clone());
            }
        }
    }
    Ok(Value { mark: call.value(0).mark, ..Value::dict(dict) })
}

fn merged(call: &Call<'_>, overwrite: bool) -> Outcome {
    let Some(target) = call.value(0).as_map() else { return Ok(call.value(0).clone()) };
    for source in call.arguments.iter().skip(1).filter_map(Value::as_map) {
        merge(target, source, overwrite, 0);
    }
    Ok(call.value(0).clone())
}

/// `mergo.Merge`: without overwriting, what is empty in the target counts as absent; a null in the source is skipped.
fn merge(target: &Rc<RefCell<Dict>>, source: &Rc<RefCell<Dict>>, overwrite: bool, depth: usize) {
    if Rc::ptr_eq(target, source) || depth > crate::value::DEEPEST {
        return;
    }
    let entries: Vec<(Rc<str>, Slot)> =
        source.borrow().entries.iter().map(|(key, slot)| (Rc::clone(key), slot.clone())).collect();
    for (key, slot) in entries {
        let known = target.borrow().entries.get(&key).map(|slot| slot.value.clone());
        if slot.value.is_nil() {
            if overwrite {
                target.borrow_mut().insert(key, slot);
            }
            continue;
        }
        let inner = match (known.as_ref().and_then(Value::as_map), slot.value.as_map()) {
            (Some(into), Some(from)) if !into.borrow().entries.is_empty() => Some((into, from)),
            _ => None,
        };
        if let Some((into, from)) = inner {
            merge(into, from, overwrite, depth + 1);
            continue;
        }
        if overwrite || known.is_none_or(|known| super::defaults::empty(&known)) {
            target.borrow_mut().insert(key, slot);
        }
    }
}

fn dig(call: &Call<'_>) -> Outcome {
    let count = call.arguments.len();
    if count < 3 {
        return Err("dig needs at least three arguments".into());
    }
    let convert = |value: &Value, to: &str| {
        let from = if value.is_nil() { "nil" } else { value.type_name() };
        format!("interface conversion: interface {{}} is {from}, not {to}")
    };
    let mut current = call.value(count - 1).clone();
    let fallback = call.value(count - 2);
    for (index, key) in call.arguments.iter().take(count - 2).enumerate() {
        let Some(key) = key.as_str() else { return Err(convert(key, "string").into()) };
        if current.as_map().is_none() {
            return Err(convert(&current, "map[string]interface {}").into());
        }
        match current.get(key) {
            None => return Ok(fallback.clone()),
            Some(value) if index + 3 == count => return Ok(value),
            Some(value) => current = value,
        }
    }
    Ok(Value { data: Data::Nil, mark: Mark::NONE })
}
