//! `time.Duration`: how Go reads one and prints one.

use super::SECOND;
use std::fmt::Write;

/// `time.ParseDuration`, in nanoseconds.
pub(super) fn parse(text: &str) -> Option<i128> {
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
pub(super) fn print(nanos: i128) -> String {
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
