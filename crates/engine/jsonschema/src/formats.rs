//! `format`: the forms that santhosh-tekuri/jsonschema v6 asserts. An unknown one passes.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Has a text the form?
pub(crate) fn fits(format: &str, text: &str) -> bool {
    match format {
        "regex" => regex::RegexBuilder::new(text).size_limit(1 << 20).build().is_ok(),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok() && !text.contains('%'),
        "hostname" => hostname(text),
        "email" => email(text),
        "date" => date(text),
        "time" => time(text),
        "date-time" => text.split_once(['T', 't']).is_some_and(|(day, hour)| date(day) && time(hour)),
        "uuid" => uuid(text),
        "uri" => scheme(text).is_some_and(reference),
        "uri-reference" => reference(text),
        "json-pointer" => text.is_empty() || text.starts_with('/') && escapes(text),
        "relative-json-pointer" => {
            let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = text.split_at(digits);
            digits > 0
                && (digits == 1 || !number.starts_with('0'))
                && (rest.is_empty() || rest == "#" || rest.starts_with('/') && escapes(rest))
        }
        "duration" => duration(text),
        _ => true,
    }
}

fn hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let word = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let plain = local.chars().all(word) && !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    let quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    let address = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_domain = match address {
        Some(address) => match address.strip_prefix("IPv6:") {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => address.parse::<Ipv4Addr>().is_ok(),
        },
        None => hostname(domain),
    };
    text.len() <= 254 && local.len() <= 64 && !local.is_empty() && (plain || quoted) && is_domain
}

fn number(text: &str, digits: usize) -> Option<u32> {
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=12).contains(&month) && (1..=days).contains(&day)
}

fn time(text: &str) -> bool {
    let Some(clock) = text.get(..8) else { return false };
    let parts: Vec<Option<u32>> = clock.split(':').map(|part| number(part, 2)).collect();
    let [Some(hour), Some(minute), Some(second)] = parts.as_slice() else { return false };
    let mut rest = text.get(8..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == fraction.len() {
            return false;
        }
    }
    let zone = match rest {
        "Z" | "z" => Some(0),
        _ => offset(rest),
    };
    let Some(offset) = zone else { return false };
    let utc = (i64::from(*hour) * 60 + i64::from(*minute) - offset).rem_euclid(24 * 60);
    // A leap second is the last one of a day in UTC.
    *hour < 24 && *minute < 60 && (*second < 60 || *second == 60 && utc == 23 * 60 + 59)
}

/// Minutes east of UTC.
fn offset(text: &str) -> Option<i64> {
    let sign = if text.starts_with('+') {
        1
    } else if text.starts_with('-') {
        -1
    } else {
        return None;
    };
    let (hour, minute) = text.get(1..)?.split_once(':')?;
    let (hour, minute) = (number(hour, 2)?, number(minute, 2)?);
    (hour < 24 && minute < 60).then(|| sign * (i64::from(hour) * 60 + i64::from(minute)))
}

fn uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// What stands behind the scheme of an absolute URI.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    fits.then_some(rest)
}

fn reference(text: &str) -> bool {
    let bytes = text.as_bytes();
    let escaped = bytes
        .iter()
        .enumerate()
        .filter(|(_, b)| **b == b'%')
        .all(|(at, _)| bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)));
    escaped && text.chars().all(|c| c > ' ' && c != '\u{7f}' && !"<>\"\\^`{|}".contains(c))
}

fn escapes(pointer: &str) -> bool {
    pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

/// ISO 8601, as appendix A of RFC 3339 has it.
fn duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    if let Some(weeks) = rest.strip_suffix('W') {
        return !weeks.is_empty() && weeks.bytes().all(|b| b.is_ascii_digit());
    }
    let (days, hours) = rest.split_once('T').map_or((rest, None), |(days, hours)| (days, Some(hours)));
    let fits = |mut text: &str, units: &str| {
        let mut units = units.chars();
        while !text.is_empty() {
            let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let Some(unit) = text.get(digits..).and_then(|rest| rest.chars().next()) else { return false };
            if digits == 0 || !units.any(|known| known == unit) {
                return false;
            }
            text = text.get(digits + 1..).unwrap_or_default();
        }
        true
    };
    let some = !days.is_empty() || hours.is_some();
    some && fits(days, "YMD") && hours.is_none_or(|hours| !hours.is_empty() && fits(hours, "HMS"))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn forms() {
        let good = [
            ("date", "2024-02-29"),
            ("time", "23:59:60Z"),
            ("date-time", "2024-01-01T10:00:00.5+02:00"),
            ("ipv4", "10.0.0.1"),
            ("ipv6", "::1"),
            ("hostname", "a.example"),
            ("email", "a.b@x.example"),
            ("uri", "https://x.example/a?b#c"),
            ("uri-reference", "/a/b"),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000"),
            ("duration", "P1DT2H"),
            ("json-pointer", "/a~1b"),
            ("unknown", "anything"),
        ];
        let bad = [
            ("date", "2023-02-29"),
            ("time", "10:00:00"),
            ("date-time", "2024-01-01"),
            ("ipv4", "10.0.0.256"),
            ("ipv6", "10.0.0.1"),
            ("hostname", "-a"),
            ("email", "nobody"),
            ("uri", "/a"),
            ("uri-reference", "a b"),
            ("uuid", "123"),
            ("duration", "1D"),
            ("duration", "P1M2Y"),
            ("json-pointer", "a"),
            ("regex", "("),
        ];
        assert!(good.iter().all(|(format, text)| fits(format, text)));
        assert!(bad.iter().all(|(format, text)| !fits(format, text)));
    }
}
