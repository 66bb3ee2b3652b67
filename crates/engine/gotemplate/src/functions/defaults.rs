//! sprig's `defaults.go` and `reflect.go`.

use super::{Outcome, Row};
use crate::exec::Call;
use crate::value::{Data, Value};

pub(super) const ROWS: &[Row] = &[
    ("default", "a*a", |call| {
        let given = call.value(1);
        Ok(if empty(given) { call.value(0).clone() } else { given.clone() })
    }),
    ("empty", "a", |call| call.yes(empty(call.value(0)))),
    ("coalesce", "*a", |call| Ok(call.arguments.iter().find(|v| !empty(v)).cloned().unwrap_or_default())),
    ("all", "*a", |call| call.yes(!call.arguments.iter().any(empty))),
    ("any", "*a", |call| call.yes(call.arguments.iter().any(|value| !empty(value)))),
    ("ternary", "aab", |call| Ok(call.value(if call.bool(2) { 0 } else { 1 }).clone())),
    ("deepCopy", "a", copy),
    ("mustDeepCopy", "a", copy),
    ("typeOf", "a", |call| call.made(call.value(0).type_name())),
    ("typeIs", "sa", |call| call.yes(call.value(1).type_name() == call.str(0))),
    ("typeIsLike", "sa", |call| {
        let of = call.value(1).type_name();
        call.yes(of == call.str(0) || of.strip_prefix('*') == Some(call.str(0)))
    }),
    ("kindOf", "a", |call| call.made(call.value(0).kind_name())),
    ("kindIs", "sa", |call| call.yes(call.value(1).kind_name() == call.str(0))),
    ("deepEqual", "aa", |call| call.yes(call.value(0).deep_equal(call.value(1)))),
];

/// Nothing, zero, false, or without elements; a struct never.
pub(super) fn empty(value: &Value) -> bool {
    match &value.data {
        Data::Object(object) if object.is_collection() => !object.plain().truth(),
        Data::Object(_) => false,
        _ => !value.truth(),
    }
}

fn copy(call: &Call<'_>) -> Outcome {
    if call.value(0).is_nil() {
        return Err("deepCopy error: reflect: call of reflect.Value.Type on zero Value".into());
    }
    call.value(0).deep_copy().ok_or_else(|| "value is too large to copy".into())
}
