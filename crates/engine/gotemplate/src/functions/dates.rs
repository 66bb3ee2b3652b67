//! sprig's `date.go`: Go's layouts (`2006-01-02 15:04:05`), durations, zones, and the one clock of the run.
//!
//! The machine's own zone is UTC, and zones by name come from a database that is built in: a rendering must not depend on
//! the machine. A name that is in no database counts as UTC, as in sprig.

mod layout;
mod moment;
mod spans;
mod zones;

use super::{Outcome, Row};
use crate::exec::Call;
use crate::value::{Data, Value};
use layout::{format, parse};
use zones::Zone;

pub(crate) use moment::{Time, days_from_civil};

pub(super) const ROWS: &[Row] = &[
    ("now", "", |call| {
        call.placeholder("now");
        Ok(Value::object(Time::utc(call.engine.now)))
    }),
    ("date", "sa", |call| shown(call, call.str(0), 1, "")),
    ("date_in_zone", "sas", |call| shown(call, call.str(0), 1, call.str(2))),
    ("dateInZone", "sas", |call| shown(call, call.str(0), 1, call.str(2))),
    ("htmlDate", "a", |call| shown(call, "2006-01-02", 0, "")),
    ("htmlDateInZone", "as", |call| shown(call, "2006-01-02", 0, call.str(1))),
    ("date_modify", "st", modify),
    ("dateModify", "st", modify),
    ("must_date_modify", "st", must_modify),
    ("mustDateModify", "st", must_modify),
    ("toDate", "ss", |call| {
        let time = parse(call.str(0), call.str(1)).unwrap_or(Time::utc(ZERO));
        call.scalar(Value::object(time))
    }),
    ("mustToDate", "ss", |call| match parse(call.str(0), call.str(1)) {
        Some(time) => call.scalar(Value::object(time)),
        None => {
            let (layout, text) = (crate::format::quote(call.str(0)), crate::format::quote(call.str(1)));
            Err(format!("parsing time {text} as {layout}: cannot parse").into())
        }
    }),
    ("unixEpoch", "t", |call| {
        let seconds = nanos_of(call.value(0)).unwrap_or(0).div_euclid(SECOND);
        call.made(seconds.to_string())
    }),
    ("ago", "a", |call| {
        let then = moment(call, 0);
        let since = call.engine.now - then;
        let rounded = (since + SECOND / 2).div_euclid(SECOND) * SECOND;
        call.made(spans::print(rounded))
    }),
    ("duration", "a", |call| {
        let seconds = match &call.value(0).data {
            Data::Str(text) => text.as_str().parse::<i64>().unwrap_or(0),
            Data::Int(value, crate::value::IntKind::Int64) => *value,
            _ => 0,
        };
        call.made(spans::print(i128::from(seconds) * SECOND))
    }),
    ("durationRound", "a", round),
];

const SECOND: i128 = 1_000_000_000;
/// Go's zero time, the first of January of the year 1.
const ZERO: i128 = -62_135_596_800 * SECOND;

fn nanos_of(value: &Value) -> Option<i128> {
    match &value.data {
        Data::Object(object) => object.unix_nanos(),
        _ => None,
    }
}

/// A time, seconds since 1970, or now for anything else.
fn moment(call: &Call<'_>, index: usize) -> i128 {
    match &call.value(index).data {
        Data::Int(seconds, _) => i128::from(*seconds) * SECOND,
        _ => nanos_of(call.value(index)).unwrap_or_else(|| {
            call.placeholder("now");
            call.engine.now
        }),
    }
}

fn shown(call: &Call<'_>, layout: &str, index: usize, zone: &str) -> Outcome {
    let nanos = moment(call, index);
    let zone = Zone::of(zone, nanos).unwrap_or(Zone::Utc);
    call.made(format(&Time { nanos, zone }, layout))
}

fn modify(call: &Call<'_>) -> Outcome {
    let by = spans::parse(call.str(0)).unwrap_or(0);
    match &call.value(1).data {
        Data::Object(object) => call.scalar(object.later(by).unwrap_or_default()),
        _ => call.scalar(Value::default()),
    }
}

fn must_modify(call: &Call<'_>) -> Outcome {
    match spans::parse(call.str(0)) {
        Some(_) => modify(call),
        None => Err(format!("time: invalid duration {}", crate::format::quote(call.str(0))).into()),
    }
}

fn round(call: &Call<'_>) -> Outcome {
    let nanos = match &call.value(0).data {
        Data::Str(text) => spans::parse(text.as_str()).unwrap_or(0),
        Data::Int(value, crate::value::IntKind::Int64) => i128::from(*value),
        _ => nanos_of(call.value(0)).map_or(0, |then| call.engine.now - then),
    };
    let seconds = nanos.abs() as f64 / SECOND as f64;
    let units = [(31_536_000.0, "y"), (2_592_000.0, "mo"), (86_400.0, "d"), (3_600.0, "h"), (60.0, "m"), (1.0, "s")];
    for (length, unit) in units {
        if seconds > length {
            return call.made(format!("{}{unit}", (seconds / length).floor()));
        }
    }
    call.made("0s")
}
