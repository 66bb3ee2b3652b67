//! sprig's `list.go`.

use super::defaults::empty;
use super::numbers::to_int;
use super::{Outcome, Row};
use crate::exec::Call;
use crate::value::{Data, Elem, List, Value};

pub(super) const ROWS: &[Row] = &[
    ("list", "*a", |call| Ok(Value::list(call.arguments.to_vec()))),
    ("tuple", "*a", |call| Ok(Value::list(call.arguments.to_vec()))),
    ("append", "aa", push),
    ("push", "aa", push),
    ("mustAppend", "aa", push),
    ("mustPush", "aa", push),
    ("prepend", "aa", prepend),
    ("mustPrepend", "aa", prepend),
    ("first", "a", |call| Ok(items(call, 0, "Cannot find first on")?.first().cloned().unwrap_or_default())),
    ("mustFirst", "a", |call| Ok(items(call, 0, "Cannot find first on")?.first().cloned().unwrap_or_default())),
    ("last", "a", |call| Ok(items(call, 0, "Cannot find last on")?.last().cloned().unwrap_or_default())),
    ("mustLast", "a", |call| Ok(items(call, 0, "Cannot find last on")?.last().cloned().unwrap_or_default())),
    ("rest", "a", rest),
    ("mustRest", "a", rest),
    ("initial", "a", initial),
    ("mustInitial", "a", initial),
    ("reverse", "a", reverse),
    ("mustReverse", "a", reverse),
    ("compact", "a", compact),
    ("mustCompact", "a", compact),
    ("uniq", "a", uniq),
    ("mustUniq", "a", uniq),
    ("without", "a*a", without),
    ("mustWithout", "a*a", without),
    ("has", "aa", has),
    ("mustHas", "aa", has),
    ("slice", "a*a", slice),
    ("mustSlice", "a*a", slice),
    ("concat", "*a", concat),
    ("chunk", "ia", chunk),
    ("mustChunk", "ia", chunk),
];

/// The elements of a list argument; anything else is refused in sprig's words.
fn items(call: &Call<'_>, index: usize, words: &str) -> Result<Vec<Value>, String> {
    of(call.value(index), words)
}

fn of(value: &Value, words: &str) -> Result<Vec<Value>, String> {
    match &value.data {
        Data::List(list) => Ok(list.items.to_vec()),
        Data::Object(object) if object.is_collection() => match object.plain().data {
            Data::List(list) => Ok(list.items.to_vec()),
            _ => Err(format!("{words} type {}", value.kind_name())),
        },
        Data::Nil => Err("runtime error: invalid memory address or nil pointer dereference".to_owned()),
        _ => Err(format!("{words} type {}", value.kind_name())),
    }
}

fn push(call: &Call<'_>) -> Outcome {
    let mut all = items(call, 0, "Cannot push on")?;
    all.push(call.value(1).clone());
    Ok(Value::list(all))
}

fn prepend(call: &Call<'_>) -> Outcome {
    let mut all = items(call, 0, "Cannot prepend on")?;
    all.insert(0, call.value(1).clone());
    Ok(Value::list(all))
}

fn rest(call: &Call<'_>) -> Outcome {
    let all = items(call, 0, "Cannot find rest on")?;
    Ok(Value::list(all.get(1..).unwrap_or_default().to_vec()))
}

fn initial(call: &Call<'_>) -> Outcome {
    let mut all = items(call, 0, "Cannot find initial on")?;
    all.pop();
    Ok(Value::list(all))
}

fn reverse(call: &Call<'_>) -> Outcome {
    let mut all = items(call, 0, "Cannot find reverse on")?;
    all.reverse();
    Ok(Value::list(all))
}

fn compact(call: &Call<'_>) -> Outcome {
    let mut all = items(call, 0, "Cannot compact on")?;
    all.retain(|value| !empty(value));
    Ok(Value::list(all))
}

/// Comparisons of one call; every element is compared with every other.
const COMPARISONS: usize = 10_000_000;

fn affordable(count: usize, others: usize) -> Result<(), String> {
    match count.saturating_mul(others) {
        n if n > COMPARISONS => Err(format!("list of {count} elements is too long to compare each with each")),
        _ => Ok(()),
    }
}

fn uniq(call: &Call<'_>) -> Outcome {
    let all = items(call, 0, "Cannot find uniq on")?;
    affordable(all.len(), all.len() / 2)?;
    let mut unique: Vec<Value> = Vec::new();
    for value in all {
        if !unique.iter().any(|known| known.deep_equal(&value)) {
            unique.push(value);
        }
    }
    Ok(Value::list(unique))
}

fn without(call: &Call<'_>) -> Outcome {
    let mut all = items(call, 0, "Cannot find without on")?;
    let omit = call.arguments.get(1..).unwrap_or_default();
    affordable(all.len(), omit.len())?;
    all.retain(|value| !omit.iter().any(|other| other.deep_equal(value)));
    Ok(Value::list(all))
}

fn has(call: &Call<'_>) -> Outcome {
    if call.value(1).is_nil() {
        return call.yes(false);
    }
    let all = items(call, 1, "Cannot find has on")?;
    let found = all.iter().any(|value| value.deep_equal(call.value(0)));
    call.yes(found)
}

fn slice(call: &Call<'_>) -> Outcome {
    let all = match of(call.value(0), "") {
        Ok(all) => all,
        Err(_) if call.value(0).is_nil() => {
            return Err("runtime error: invalid memory address or nil pointer dereference".into());
        }
        Err(_) => {
            return Err(format!("list should be type of slice or array but {}", call.value(0).kind_name()).into());
        }
    };
    if all.is_empty() {
        return Ok(Value::NIL);
    }
    let start = if call.arguments.len() > 1 { to_int(call.value(1)) } else { 0 };
    let end = if call.arguments.len() > 2 { to_int(call.value(2)) } else { all.len() as i64 };
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok()).map(|(start, end)| start..end);
    match range.and_then(|range| all.get(range)) {
        Some(part) => {
            let elem = match &call.value(0).data {
                Data::List(list) => list.elem,
                _ => Elem::Any,
            };
            Ok(Data::List(List::new(elem, part.to_vec())).into())
        }
        None => Err("reflect.Value.Slice: slice index out of bounds".into()),
    }
}

fn concat(call: &Call<'_>) -> Outcome {
    let mut all = Vec::new();
    for value in call.arguments {
        match of(value, "") {
            Ok(mut items) => all.append(&mut items),
            Err(_) if value.is_nil() => {
                return Err("runtime error: invalid memory address or nil pointer dereference".into());
            }
            Err(_) => return Err(format!("Cannot concat type {} as list", value.kind_name()).into()),
        }
    }
    Ok(Value::list(all))
}

fn chunk(call: &Call<'_>) -> Outcome {
    let all = items(call, 1, "Cannot chunk")?;
    let Ok(size) = usize::try_from(call.int(0)) else {
        return Err("runtime error: makeslice: len out of range".into());
    };
    if size == 0 {
        return Err("runtime error: makeslice: len out of range".into());
    }
    let parts = all.chunks(size).map(|part| Value::list(part.to_vec())).collect();
    Ok(Data::List(List::new(Elem::List, parts)).into())
}
