//! `time.Time`: a moment, the zone that it is shown in, and what a template may ask of it.

use super::layout::format;
use super::zones::Zone;
use super::{SECOND, ZERO};
use crate::value::{Data, Object, Value};

/// A moment.
#[derive(Debug, Clone)]
pub(crate) struct Time {
    /// Since 1970.
    pub(crate) nanos: i128,
    pub(crate) zone: Zone,
}

impl Time {
    pub(crate) fn utc(nanos: i128) -> Time {
        Time { nanos, zone: Zone::Utc }
    }

    /// What a calendar and a clock of its zone show.
    pub(super) fn civil(&self) -> Civil {
        Civil::of(self.nanos + i128::from(self.zone.offset()) * SECOND)
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }
    fn field(&self, name: &str) -> Option<Value> {
        let civil = self.civil();
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
            "UTC" | "Local" => Value::object(Time::utc(self.nanos)),
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
                    .map(|layout| Value::str(format(self, layout)))
                    .ok_or_else(|| format!("wrong type for value; expected string; got {}", first.type_name())),
            ),
            "AddDate" => {
                let number = |index: usize| match arguments.get(index).map(|v| &v.data) {
                    // Beyond this Go's own numbers overflow, and no calendar goes there.
                    Some(Data::Int(value, _)) => Some((*value).clamp(-1_000_000_000, 1_000_000_000)),
                    _ => None,
                };
                let (years, months, days) = (number(0)?, number(1)?, number(2)?);
                let civil = self.civil();
                let month = civil.month - 1 + months;
                let days =
                    days_from_civil(civil.year + years + month.div_euclid(12), month.rem_euclid(12) + 1, civil.day)
                        + days;
                let east = i128::from(self.zone.offset()) * SECOND;
                let day_nanos = (self.nanos + east).rem_euclid(86_400 * SECOND);
                let nanos = i128::from(days) * 86_400 * SECOND + day_nanos - east;
                Some(Ok(Value::object(Time { nanos, zone: self.zone.clone() })))
            }
            "After" | "Before" | "Equal" => {
                let other = super::nanos_of(first)?;
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
        format(self, layout)
    }
    fn plain(&self) -> Value {
        Value::str(format(self, "2006-01-02T15:04:05.999999999Z07:00"))
    }
    fn unix_nanos(&self) -> Option<i128> {
        Some(self.nanos)
    }
    fn later(&self, nanos: i128) -> Option<Value> {
        Some(Value::object(Time { nanos: self.nanos + nanos, zone: self.zone.clone() }))
    }
}

pub(super) const MONTHS: [&str; 12] = [
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
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) nanos: i64,
    pub(super) weekday: i64,
    pub(super) year_day: i64,
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
    pub(super) fn of(nanos: i128) -> Civil {
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
