//! sprig's `date.go`: Go's layouts (`2006-01-02 15:04:05`), durations, and the one clock of the run.
//!
//! There is one zone, UTC: a rendering must not depend on the machine. A zone by name counts as UTC, as it does in Go
//! where the machine has no database of zones.

use super::{Outcome, Row};
use crate::exec::Call;
use crate::value::{Data, Object, Value};
use std::fmt::Write;

pub(super) const ROWS: &[Row] = &[
    ("now", "", |call| {
        call.placeholder("now");
        Ok(Value::object(Time { nanos: call.engine.now, offset: 0 }))
    }),
    ("date", "sa", |call| shown(call, call.str(0), 1)),
    ("date_in_zone", "sas", |call| shown(call, call.str(0), 1)),
    ("dateInZone", "sas", |call| shown(call, call.str(0), 1)),
    ("htmlDate", "a", |call| shown(call, "2006-01-02", 0)),
    ("htmlDateInZone", "as", |call| shown(call, "2006-01-02", 0)),
    ("date_modify", "st", modify),
    ("dateModify", "st", modify),
    ("must_date_modify", "st", must_modify),
    ("mustDateModify", "st", must_modify),
    ("toDate", "ss", |call| {
        let nanos = parse(call.str(0), call.str(1)).unwrap_or(ZERO);
        call.scalar(Value::object(Time { nanos, offset: 0 }))
    }),
    ("mustToDate", "ss", |call| match parse(call.str(0), call.str(1)) {
        Some(nanos) => call.scalar(Value::object(Time { nanos, offset: 0 })),
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
        call.made(duration_text(rounded))
    }),
    ("duration", "a", |call| {
        let seconds = match &call.value(0).data {
            Data::Str(text) => text.as_str().parse::<i64>().unwrap_or(0),
            Data::Int(value, crate::value::IntKind::Int64) => *value,
            _ => 0,
        };
        call.made(duration_text(i128::from(seconds) * SECOND))
    }),
    ("durationRound", "a", round),
];

const SECOND: i128 = 1_000_000_000;
/// Go's zero time, the first of January of the year 1.
const ZERO: i128 = -62_135_596_800 * SECOND;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time {
    /// Since 1970.
    pub(crate) nanos: i128,
    /// Of its zone, in seconds.
    pub(crate) offset: i32,
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }
    fn field(&self, name: &str) -> Option<Value> {
        let civil = Civil::of(self.nanos + i128::from(self.offset) * SECOND);
        Some(match name {
            "Unix" => Value::int64(self.nanos.div_euclid(SECOND) as i64),
            "UnixNano" => Value::int64(self.nanos as i64),
            "UnixMilli" => Value::int64((self.nanos / 1_000_000) as i64),
            "Year" => Value::int(civil.year),
            "Month" => Value::str(MONTHS.get(civil.month as usize - 1).copied().unwrap_or_default()),
            "Day" => Value::int(civil.day),
            "Hour" => Value::int(civil.hour),
            "Minute" => Value::int(civil.minute),
            "Second" => Value::int(civil.second),
            "Nanosecond" => Value::int(civil.nanos),
            "YearDay" => Value::int(civil.year_day),
            "Weekday" => Value::str(DAYS.get(civil.weekday as usize).copied().unwrap_or_default()),
            "UTC" | "Local" => Value::object(Time { offset: 0, ..*self }),
            "String" => Value::str(self.print()),
            "IsZero" => Value::bool(self.nanos == ZERO),
            _ => return None,
        })
    }
    fn call(&self, name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
        let first = arguments.first()?;
        match name {
            "Format" => Some(
                first
                    .as_str()
                    .map(|layout| Value::str(format(*self, layout)))
                    .ok_or_else(|| format!("wrong type for value; expected string; got {}", first.type_name())),
            ),
            "AddDate" => {
                let number = |index: usize| match arguments.get(index).map(|v| &v.data) {
                    // Beyond this Go's own numbers overflow, and no calendar goes there.
                    Some(Data::Int(value, _)) => Some((*value).clamp(-1_000_000_000, 1_000_000_000)),
                    _ => None,
                };
                let (years, months, days) = (number(0)?, number(1)?, number(2)?);
                let civil = Civil::of(self.nanos);
                let month = civil.month - 1 + months;
                let days =
                    days_from_civil(civil.year + years + month.div_euclid(12), month.rem_euclid(12) + 1, civil.day)
                        + days;
                let day_nanos = self.nanos.rem_euclid(86_400 * SECOND);
                Some(Ok(Value::object(Time { nanos: i128::from(days) * 86_400 * SECOND + day_nanos, ..*self })))
            }
            "After" | "Before" | "Equal" => {
                let other = nanos_of(first)?;
                Some(Ok(Value::bool(match name {
                    "After" => self.nanos > other,
                    "Before" => self.nanos < other,
                    _ => self.nanos == other,
                })))
            }
            _ => None,
        }
    }
    fn print(&self) -> String {
        let nanos = self.nanos.rem_euclid(SECOND);
        let layout =
            if nanos == 0 { "2006-01-02 15:04:05 -0700 MST" } else { "2006-01-02 15:04:05.999999999 -0700 MST" };
        format(*self, layout)
    }
    fn plain(&self) -> Value {
        Value::str(format(*self, "2006-01-02T15:04:05.999999999Z07:00"))
    }
    fn unix_nanos(&self) -> Option<i128> {
        Some(self.nanos)
    }
}

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

fn shown(call: &Call<'_>, layout: &str, index: usize) -> Outcome {
    let text = format(Time { nanos: moment(call, index), offset: 0 }, layout);
    call.made(text)
}

fn modify(call: &Call<'_>) -> Outcome {
    let then = nanos_of(call.value(1)).unwrap_or(0);
    let by = parse_duration(call.str(0)).unwrap_or(0);
    call.scalar(Value::object(Time { nanos: then + by, offset: 0 }))
}

fn must_modify(call: &Call<'_>) -> Outcome {
    match parse_duration(call.str(0)) {
        Some(_) => modify(call),
        None => Err(format!("time: invalid duration {}", crate::format::quote(call.str(0))).into()),
    }
}

fn round(call: &Call<'_>) -> Outcome {
    let nanos = match &call.value(0).data {
        Data::Str(text) => parse_duration(text.as_str()).unwrap_or(0),
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

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    weekday: i64,
    year_day: i64,
}

/// Days since 1970 of a date of the Gregorian calendar.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl Civil {
    fn of(nanos: i128) -> Civil {
        let seconds = nanos.div_euclid(SECOND) as i64;
        let days = seconds.div_euclid(86_400);
        let rest = seconds.rem_euclid(86_400);
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let part = (5 * of_year + 2) / 153;
        let month = if part < 10 { part + 3 } else { part - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Civil {
            year,
            month,
            day: of_year - (153 * part + 2) / 5 + 1,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
            nanos: nanos.rem_euclid(SECOND) as i64,
            weekday: (days + 4).rem_euclid(7),
            year_day: days - days_from_civil(year, 1, 1) + 1,
        }
    }
}

/// Elements of a layout, longest first where one begins another.
const ELEMENTS: &[&str] = &[
    "January",
    "Jan",
    "Monday",
    "Mon",
    "MST",
    "2006",
    "-07:00:00",
    "-07:00",
    "-070000",
    "-0700",
    "-07",
    "Z07:00:00",
    "Z07:00",
    "Z070000",
    "Z0700",
    "Z07",
    "002",
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "15",
    "PM",
    "pm",
    "_2",
    "1",
    "2",
    "3",
    "4",
    "5",
];

/// The first element of a layout, with what is before and after it.
fn next_element(layout: &str) -> Option<(&str, &str, &str)> {
    for (at, _) in layout.char_indices() {
        let rest = layout.get(at..)?;
        if rest.starts_with("_2006") {
            let end = at + 5;
            return Some((layout.get(..at + 1)?, "2006", layout.get(end..)?));
        }
        if let Some(element) = ELEMENTS.iter().find(|element| rest.starts_with(**element)) {
            let followed = rest.get(3..).and_then(|after| after.chars().next());
            // `Jan` and `Mon` are elements only where no letter goes on.
            if matches!(*element, "Jan" | "Mon") && followed.is_some_and(|c| c.is_ascii_lowercase()) {
                continue;
            }
            return Some((layout.get(..at)?, element, rest.get(element.len()..)?));
        }
        // A fraction of a second: `.000`, `,999`, not followed by another digit.
        if rest.starts_with(['.', ',']) {
            let digit = rest.get(1..2).filter(|digit| matches!(*digit, "0" | "9"))?.chars().next();
            if let Some(digit) = digit {
                let end = rest.get(1..)?.find(|c| c != digit).map_or(rest.len(), |end| end + 1);
                let next = rest.get(end..).and_then(|after| after.chars().next());
                if !next.is_some_and(|c| c.is_ascii_digit()) {
                    return Some((layout.get(..at)?, rest.get(..end)?, rest.get(end..)?));
                }
            }
        }
    }
    None
}

/// `time.Format`
pub(crate) fn format(time: Time, layout: &str) -> String {
    let civil = Civil::of(time.nanos + i128::from(time.offset) * SECOND);
    let mut out = String::new();
    let mut rest = layout;
    while let Some((before, element, after)) = next_fraction_or_element(rest) {
        out.push_str(before);
        write_element(&mut out, element, &civil, time.offset);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// As [`next_element`]; a `.` that begins no fraction does not hide what follows.
fn next_fraction_or_element(layout: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let rest = layout.get(from..)?;
        match next_element(rest) {
            Some((before, element, after)) => {
                let start = from + before.len();
                return Some((layout.get(..start)?, element, after));
            }
            None => {
                // It gave up at a `.`: go on behind it.
                let at = rest.find(['.', ','])?;
                from += at + 1;
            }
        }
    }
}

fn write_element(out: &mut String, element: &str, civil: &Civil, offset: i32) {
    let month = MONTHS.get((civil.month - 1).max(0) as usize).copied().unwrap_or_default();
    let day = DAYS.get(civil.weekday as usize).copied().unwrap_or_default();
    let twelve = if civil.hour % 12 == 0 { 12 } else { civil.hour % 12 };
    let _ = match element {
        "January" => write!(out, "{month}"),
        "Jan" => write!(out, "{}", month.get(..3).unwrap_or_default()),
        "Monday" => write!(out, "{day}"),
        "Mon" => write!(out, "{}", day.get(..3).unwrap_or_default()),
        "MST" => write!(out, "UTC"),
        "2006" => write!(out, "{:04}", civil.year),
        "06" => write!(out, "{:02}", civil.year.rem_euclid(100)),
        "01" => write!(out, "{:02}", civil.month),
        "1" => write!(out, "{}", civil.month),
        "02" => write!(out, "{:02}", civil.day),
        "_2" => write!(out, "{:2}", civil.day),
        "2" => write!(out, "{}", civil.day),
        "002" => write!(out, "{:03}", civil.year_day),
        "15" => write!(out, "{:02}", civil.hour),
        "03" => write!(out, "{twelve:02}"),
        "3" => write!(out, "{twelve}"),
        "04" => write!(out, "{:02}", civil.minute),
        "4" => write!(out, "{}", civil.minute),
        "05" => write!(out, "{:02}", civil.second),
        "5" => write!(out, "{}", civil.second),
        "PM" => write!(out, "{}", if civil.hour >= 12 { "PM" } else { "AM" }),
        "pm" => write!(out, "{}", if civil.hour >= 12 { "pm" } else { "am" }),
        zone if zone.starts_with('Z') && offset == 0 => write!(out, "Z"),
        zone if zone.starts_with(['Z', '-']) => write!(out, "{}", zone_text(zone, offset)),
        fraction => {
            let digits = format!("{:09}", civil.nanos);
            let count = fraction.len() - 1;
            let mut shown = digits.get(..count.min(9)).unwrap_or_default();
            if fraction.ends_with('9') {
                shown = shown.trim_end_matches('0');
            }
            match shown {
                "" => Ok(()),
                shown => write!(out, "{}{shown}", fraction.get(..1).unwrap_or(".")),
            }
        }
    };
}

fn zone_text(element: &str, offset: i32) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.abs() / 60;
    let body = element.trim_start_matches(['Z', '-']);
    match body {
        "07" => format!("{sign}{:02}", minutes / 60),
        _ if body.contains(':') => format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60),
        _ => format!("{sign}{:02}{:02}", minutes / 60, minutes % 60),
    }
}

/// `time.ParseInLocation` in UTC: nanoseconds since 1970.
fn parse(layout: &str, text: &str) -> Option<i128> {
    let (mut year, mut month, mut day) = (None, 1i64, 1i64);
    let (mut hour, mut minute, mut second, mut nanos) = (0i64, 0i64, 0i64, 0i64);
    let (mut afternoon, mut offset, mut year_day) = (None, 0i64, None);
    let mut rest = text;
    let mut pattern = layout;
    loop {
        let Some((before, element, after)) = next_fraction_or_element(pattern) else {
            if rest != pattern {
                return None;
            }
            break;
        };
        rest = rest.strip_prefix(before)?;
        pattern = after;
        let mut number = |least: usize, most: usize| -> Option<i64> {
            let end = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
            if end < least {
                return None;
            }
            let (digits, tail) = rest.split_at(end);
            rest = tail;
            digits.parse().ok()
        };
        match element {
            "2006" => year = Some(number(4, 4)?),
            "06" => {
                let short = number(2, 2)?;
                year = Some(if short >= 69 { short + 1900 } else { short + 2000 });
            }
            "01" => month = number(2, 2)?,
            "1" => month = number(1, 2)?,
            "02" => day = number(2, 2)?,
            "_2" => {
                rest = rest.strip_prefix(' ').unwrap_or(rest);
                let end = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
                let (digits, tail) = rest.split_at(end);
                (rest, day) = (tail, digits.parse().ok()?);
            }
            "2" => day = number(1, 2)?,
            "002" => year_day = Some(number(3, 3)?),
            "15" => hour = number(2, 2)?,
            "03" => hour = number(2, 2)?,
            "3" => hour = number(1, 2)?,
            "04" => minute = number(2, 2)?,
            "4" => minute = number(1, 2)?,
            "05" | "5" => {
                second = number(if element == "05" { 2 } else { 1 }, 2)?;
                // A fraction may follow although the layout has none.
                if rest.starts_with(['.', ',']) && !pattern.starts_with(['.', ',']) {
                    let digits = rest.bytes().skip(1).take_while(u8::is_ascii_digit).count();
                    if digits > 0 {
                        nanos = format!("{:0<9}", rest.get(1..=digits.min(9))?).parse().ok()?;
                        rest = rest.get(1 + digits..)?;
                    }
                }
            }
            "January" | "Jan" => {
                let found = MONTHS.iter().position(|name| {
                    let name = if element == "Jan" { name.get(..3).unwrap_or(name) } else { name };
                    rest.len() >= name.len() && rest.get(..name.len()).is_some_and(|t| t.eq_ignore_ascii_case(name))
                })?;
                let name = MONTHS.get(found)?;
                rest = rest.get(if element == "Jan" { 3 } else { name.len() }..)?;
                month = found as i64 + 1;
            }
            "Monday" | "Mon" => {
                let found = DAYS.iter().find(|name| {
                    let name = if element == "Mon" { name.get(..3).unwrap_or(name) } else { name };
                    rest.get(..name.len()).is_some_and(|t| t.eq_ignore_ascii_case(name))
                })?;
                rest = rest.get(if element == "Mon" { 3 } else { found.len() }..)?;
            }
            "PM" | "pm" => {
                let word = rest.get(..2)?;
                afternoon = Some(word.eq_ignore_ascii_case("pm"));
                rest = rest.get(2..)?;
            }
            "MST" => {
                let end = rest.bytes().take_while(u8::is_ascii_uppercase).count();
                if end < 3 {
                    return None;
                }
                rest = rest.get(end..)?;
            }
            zone if zone.starts_with(['Z', '-']) => {
                if zone.starts_with('Z') && rest.starts_with('Z') {
                    rest = rest.get(1..)?;
                    continue;
                }
                let sign = match rest.get(..1)? {
                    "+" => 1,
                    "-" => -1,
                    _ => return None,
                };
                let colon = zone.contains(':');
                let hours: i64 = rest.get(1..3)?.parse().ok()?;
                let short = zone.trim_start_matches(['Z', '-']) == "07";
                let (minutes, end): (i64, usize) = match (short, colon) {
                    (true, _) => (0, 3),
                    (false, true) => (rest.get(3..)?.strip_prefix(':')?.get(..2)?.parse().ok()?, 6),
                    (false, false) => (rest.get(3..5)?.parse().ok()?, 5),
                };
                rest = rest.get(end..)?;
                offset = sign * (hours * 3_600 + minutes * 60);
            }
            fraction => {
                let mark = rest.starts_with(['.', ',']);
                let digits = if mark { rest.bytes().skip(1).take_while(u8::is_ascii_digit).count() } else { 0 };
                let count = if fraction.ends_with('9') { digits } else { fraction.len() - 1 };
                if digits < count {
                    return None;
                }
                if count > 0 {
                    nanos = format!("{:0<9}", rest.get(1..=count.min(9))?).parse().ok()?;
                    rest = rest.get(1 + count..)?;
                }
            }
        }
    }
    if let Some(afternoon) = afternoon {
        hour = hour % 12 + if afternoon { 12 } else { 0 };
    }
    let year = year.unwrap_or(0);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let fine = (1..=12).contains(&month)
        && (1..=length).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    if !fine {
        return None;
    }
    let days = match year_day {
        Some(of_year) => days_from_civil(year, 1, 1) + of_year - 1,
        None => days_from_civil(year, month, day),
    };
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    Some(i128::from(seconds) * SECOND + i128::from(nanos))
}

/// `time.ParseDuration`, in nanoseconds.
fn parse_duration(text: &str) -> Option<i128> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0f64;
    let mut exact = 0i128;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, after) = tail.split_at(unit_end);
        let nanos: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3_600 * SECOND,
            _ => return None,
        };
        match number.parse::<i64>() {
            Ok(number) => exact += i128::from(number) * nanos,
            Err(_) => total += number.parse::<f64>().ok()? * nanos as f64,
        }
        rest = after;
    }
    let sum = exact.saturating_add(total as i128);
    i64::try_from(sum).ok()?;
    Some(if negative { -sum } else { sum })
}

/// `time.Duration.String`
fn duration_text(nanos: i128) -> String {
    if nanos == 0 {
        return "0s".to_owned();
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let magnitude = nanos.unsigned_abs();
    let seconds = magnitude / SECOND as u128;
    let fraction = magnitude % SECOND as u128;
    if seconds == 0 {
        let (divisor, unit) = match fraction {
            0..1_000 => (1.0, "ns"),
            1_000..1_000_000 => (1e3, "µs"),
            _ => (1e6, "ms"),
        };
        return format!("{sign}{}{unit}", fraction as f64 / divisor);
    }
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let mut tail = format!("{}", seconds % 60);
    if fraction > 0 {
        let digits = format!("{fraction:09}");
        let _ = write!(tail, ".{}", digits.trim_end_matches('0'));
    }
    match (hours, minutes) {
        (0, 0) => format!("{sign}{tail}s"),
        (0, minutes) => format!("{sign}{minutes}m{tail}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{tail}s"),
    }
}
