//! `format` of texts, as the API server reads those that it knows (k8s.io/kube-openapi, pkg/validation/strfmt). Formats
//! that are not here, and those that nobody knows, accept everything.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A form of texts.
pub(super) struct Format {
    /// What a text should be, in words.
    pub(super) what: &'static str,
    fits: fn(&str) -> bool,
}

impl Format {
    pub(super) fn fits(&self, text: &str) -> bool {
        (self.fits)(text)
    }
}

static FORMATS: &[(&str, Format)] = &[
    ("cidr", Format { what: "an address range, as in `10.0.0.0/8`", fits: is_range }),
    ("date", Format { what: "a date, as in `2026-01-31`", fits: is_date }),
    ("datetime", Format { what: "a point in time, as in `2026-01-31T12:00:00Z`", fits: is_time }),
    ("ipv4", Format { what: "an IPv4 address", fits: |text| text.parse::<Ipv4Addr>().is_ok() }),
    ("ipv6", Format { what: "an IPv6 address", fits: |text| text.parse::<Ipv6Addr>().is_ok() }),
    ("uuid", Format { what: "a UUID", fits: is_uuid }),
];

/// The format of this name; hyphens do not count (`date-time`).
pub(super) fn named(name: &str) -> Option<&'static Format> {
    let bare: String = name.chars().filter(|c| *c != '-').collect();
    FORMATS.iter().find(|(known, _)| *known == bare).map(|(_, format)| format)
}

fn is_range(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let most = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    let is_plain = bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    is_plain && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

fn number(text: &str, digits: usize) -> Option<u32> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Go's `2006-01-02`.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let year = year.and_then(|year| number(year, 4));
    let month = month.and_then(|month| number(month, 2));
    let day = day.and_then(|day| number(day, 2));
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// A date, `T`, a time of day with an optional fraction, and a zone.
fn is_time(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let Some((date, time)) = lower.split_once('t') else { return false };
    let zone_at = time.find(['z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let two = |text: Option<&str>, below: u32| text.and_then(|text| number(text, 2)).is_some_and(|value| value < below);
    let mut parts = clock.split(':');
    let is_clock = two(parts.next(), 24) && two(parts.next(), 60) && two(parts.next(), 60) && parts.next().is_none();
    let is_zone = zone == "z"
        || zone
            .get(1..)
            .and_then(|offset| offset.split_once(':'))
            .is_some_and(|(hours, minutes)| number(hours, 2).is_some() && number(minutes, 2).is_some());
    is_date(date) && is_clock && is_fraction && is_zone
}

/// 32 hexadecimal digits, in five groups or without hyphens.
fn is_uuid(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| *c != '-').collect();
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let is_grouped = matches!(groups.as_slice(), [8, 4, 4, 4, 12] | [32]);
    is_grouped && bare.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_accept_what_upstream_accepts() {
        for (format, text, fits) in [
            ("date-time", "2026-01-31T12:00:00Z", true),
            ("date-time", "2026-01-31t12:00:00.5+01:00", true),
            ("date-time", "2026-02-30T12:00:00Z", false),
            ("date-time", "2026-01-31T24:00:00Z", false),
            ("date-time", "2026-01-31 12:00:00Z", false),
            ("date-time", "2026-01-31T12:00:00", false),
            ("date", "2024-02-29", true),
            ("date", "2023-02-29", false),
            ("ipv4", "10.0.0.1", true),
            ("ipv4", "10.0.0.256", false),
            ("ipv6", "fd00::1", true),
            ("ipv6", "10.0.0.1", false),
            ("cidr", "10.0.0.0/8", true),
            ("cidr", "10.0.0.0/33", false),
            ("cidr", "10.0.0.0", false),
            ("uuid", "7e57d004-2b97-0e7a-b45f-5387367791cd", true),
            ("uuid", "7e57d004", false),
        ] {
            let known = named(format).map(|format| format.fits(text));
            assert_eq!(known, Some(fits), "{format} {text}");
        }
        assert!(named("password").is_none() && named("int32").is_none());
    }
}
