//! sprig's `numeric.go`, with `cast`'s conversions: what is no number counts as 0.

use super::decimal::Decimal;
use super::{Outcome, Row};
use crate::exec::Call;
use crate::format::plain;
use crate::value::{Data, Elem, IntKind, List, Value};

pub(super) const ROWS: &[Row] = &[
    ("atoi", "s", |call| call.scalar(Value::int(atoi(call.str(0))))),
    ("int", "a", |call| call.scalar(Value::int(to_int(call.value(0))))),
    ("int64", "a", |call| call.scalar(Value::int64(to_int(call.value(0))))),
    ("float64", "a", |call| call.scalar(Value::float(to_float(call.value(0))))),
    ("toDecimal", "a", |call| {
        let value = i64::from_str_radix(&plain(call.value(0)), 8).unwrap_or(0);
        call.scalar(Value::int64(value))
    }),
    ("add1", "a", |call| call.scalar(Value::int64(to_int(call.value(0)).wrapping_add(1)))),
    ("add", "*a", |call| {
        let sum = call.arguments.iter().fold(0i64, |sum, value| sum.wrapping_add(to_int(value)));
        call.scalar(Value::int64(sum))
    }),
    ("sub", "aa", |call| call.scalar(Value::int64(to_int(call.value(0)).wrapping_sub(to_int(call.value(1)))))),
    ("div", "aa", |call| match to_int(call.value(1)) {
        0 => Err("runtime error: integer divide by zero".into()),
        by => call.scalar(Value::int64(to_int(call.value(0)).wrapping_div(by))),
    }),
    ("mod", "aa", |call| match to_int(call.value(1)) {
        0 => Err("runtime error: integer divide by zero".into()),
        by => call.scalar(Value::int64(to_int(call.value(0)).wrapping_rem(by))),
    }),
    ("mul", "a*a", |call| {
        let product = call.arguments.iter().fold(1i64, |product, value| product.wrapping_mul(to_int(value)));
        call.scalar(Value::int64(product))
    }),
    ("max", "a*a", |call| extreme(call, i64::max)),
    ("biggest", "a*a", |call| extreme(call, i64::max)),
    ("min", "a*a", |call| extreme(call, i64::min)),
    ("maxf", "a*a", |call| floats(call, f64::max)),
    ("minf", "a*a", |call| floats(call, f64::min)),
    ("add1f", "a", |call| {
        let value = to_float(call.value(0));
        let one = Decimal::of(1.0);
        let exact = Decimal::of(value).zip(one).and_then(|(value, one)| value.plus(one));
        call.scalar(Value::float(exact.map_or(value + 1.0, Decimal::float) + 0.0))
    }),
    ("addf", "*a", |call| decimals(call, Decimal::plus, |a, b| a + b)),
    ("subf", "a*a", |call| decimals(call, |a, b| a.plus(b.negative()), |a, b| a - b)),
    ("mulf", "a*a", |call| decimals(call, Decimal::times, |a, b| a * b)),
    ("divf", "a*a", |call| {
        let rest = call.arguments.get(1..).unwrap_or_default();
        if rest.iter().any(|value| to_float(value) == 0.0) {
            return Err("decimal division by 0".into());
        }
        decimals(call, Decimal::over, |a, b| a / b)
    }),
    ("ceil", "a", |call| call.scalar(Value::float(to_float(call.value(0)).ceil()))),
    ("floor", "a", |call| call.scalar(Value::float(to_float(call.value(0)).floor()))),
    ("round", "ai*f", |call| {
        let on = match call.value(2).data {
            Data::Float(on) => on,
            _ => 0.5,
        };
        let places = 10f64.powi(call.int(1).clamp(-400, 400) as i32);
        let digit = places * to_float(call.value(0));
        let rounded = if digit.fract() >= on { digit.ceil() } else { digit.floor() };
        call.scalar(Value::float(rounded / places))
    }),
    ("until", "i", |call| {
        let count = call.int(0);
        steps(call, 0, count, if count < 0 { -1 } else { 1 })
    }),
    ("untilStep", "iii", |call| steps(call, call.int(0), call.int(1), call.int(2))),
    ("seq", "*i", seq),
    ("randInt", "ii", |call| {
        let (low, high) = (call.int(0), call.int(1));
        if high <= low {
            return Err("invalid argument to Intn".into());
        }
        call.placeholder("randInt");
        let span = high.wrapping_sub(low) as u64;
        Ok(Value::int(low.wrapping_add((call.random() % span.max(1)) as i64)))
    }),
];

fn extreme(call: &Call<'_>, pick: fn(i64, i64) -> i64) -> Outcome {
    let rest = call.arguments.iter().skip(1);
    let value = rest.fold(to_int(call.value(0)), |best, value| pick(best, to_int(value)));
    call.scalar(Value::int64(value))
}

fn floats(call: &Call<'_>, pick: impl Fn(f64, f64) -> f64) -> Outcome {
    let rest = call.arguments.iter().skip(1);
    let value = rest.fold(to_float(call.value(0)), |best, value| pick(best, to_float(value)));
    call.scalar(Value::float(value))
}

/// sprig calculates these in decimals: `0.1 + 0.2` is `0.3`.
fn decimals(
    call: &Call<'_>,
    operation: fn(Decimal, Decimal) -> Option<Decimal>,
    plain: fn(f64, f64) -> f64,
) -> Outcome {
    let numbers: Vec<f64> = call.arguments.iter().map(to_float).collect();
    let (first, rest) = numbers.split_first().map_or((0.0, &[][..]), |(first, rest)| (*first, rest));
    let exact = rest.iter().try_fold(Decimal::of(first), |sum, number| Some(operation(sum?, Decimal::of(*number)?)));
    let value = match exact.flatten() {
        Some(exact) => exact.float(),
        // Beyond what 128 bits hold, the digits that are lost are not those of a float.
        None => rest.iter().fold(first, |sum, number| plain(sum, *number)),
    };
    call.scalar(Value::float(value + 0.0))
}

fn atoi(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}

/// `cast.ToInt64`
pub(crate) fn to_int(value: &Value) -> i64 {
    match &value.data {
        Data::Int(value, _) => *value,
        Data::Float(value) => *value as i64,
        Data::Bool(value) => i64::from(*value),
        Data::Str(text) => parse_int(trim_zero_decimal(text.as_str())).unwrap_or(0),
        _ => 0,
    }
}

/// `cast.ToFloat64`
pub(crate) fn to_float(value: &Value) -> f64 {
    match &value.data {
        Data::Int(value, _) => *value as f64,
        Data::Float(value) => *value,
        Data::Bool(value) => f64::from(u8::from(*value)),
        Data::Str(text) => {
            let text = text.as_str();
            let fine = !text.is_empty() && !text.contains(char::is_whitespace);
            text.parse().ok().filter(|_| fine).unwrap_or(0.0)
        }
        _ => 0.0,
    }
}

/// `2.00` is 2, `2.5` is no integer.
fn trim_zero_decimal(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        _ => text,
    }
}

/// `strconv.ParseInt(text, 0, 64)`: prefixes name the base, underscores may separate digits.
fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = if let Some(hex) = lower.strip_prefix("0x") {
        (16, hex)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        (2, binary)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        (8, octal)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, lower.get(1..)?)
    } else {
        (10, lower.as_str())
    };
    let plain = body.replace('_', "");
    if plain.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(&plain, radix).ok()?;
    let signed = if negative { -i128::from(magnitude) } else { i128::from(magnitude) };
    i64::try_from(signed).ok()
}

fn count_up(call: &Call<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, String> {
    let going = if stop < start { step < 0 } else { step > 0 };
    if !going {
        return Ok(Vec::new());
    }
    let span = i128::from(stop) - i128::from(start);
    let count = (span.unsigned_abs()).div_ceil(u128::from(step.unsigned_abs()));
    let most = call.engine.limits().elements;
    if count > most as u128 {
        return Err(format!("list of {count} numbers; the limit is {most}"));
    }
    Ok((0..count as i64).map(|index| start + index * step).collect())
}

fn steps(call: &Call<'_>, start: i64, stop: i64, step: i64) -> Outcome {
    let mark = call.mark();
    let number = |value| Value { data: Data::Int(value, IntKind::Int), mark };
    let items = count_up(call, start, stop, step)?.into_iter().map(number).collect();
    call.scalar(Data::List(List::new(Elem::Int, items)).into())
}

fn seq(call: &Call<'_>) -> Outcome {
    let numbers = match call.arguments.len() {
        1 => {
            let end = call.int(0);
            let step = if end < 1 { -1 } else { 1 };
            count_up(call, 1, end.saturating_add(step), step)?
        }
        2 => {
            let (start, end) = (call.int(0), call.int(1));
            let step = if end < start { -1 } else { 1 };
            count_up(call, start, end.saturating_add(step), step)?
        }
        3 => {
            let (start, step, end) = (call.int(0), call.int(1), call.int(2));
            if end < start && step > 0 {
                return call.made("");
            }
            let increment = if end < start { -1 } else { 1 };
            count_up(call, start, end.saturating_add(increment), step)?
        }
        _ => return call.made(""),
    };
    let words: Vec<String> = numbers.into_iter().map(|number| number.to_string()).collect();
    call.made(words.join(" "))
}
