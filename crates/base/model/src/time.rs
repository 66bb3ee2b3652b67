//! Calendar dates, as waivers expire by them.

use std::{fmt, str::FromStr};

/// A day of the proleptic Gregorian calendar, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

impl Date {
    /// The day of a Unix time in seconds.
    pub fn from_unix(seconds: i64) -> Date {
        // Howard Hinnant's civil-from-days, on years that begin in March.
        let days = seconds.div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted + 2) / 5 + 1) as u8;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u8;
        let year = (year_of_era + era * 400 + i64::from(month <= 2)) as i32;
        Date { year, month, day }
    }

    /// Days from this one to `later` (negative when that is in the past).
    pub fn days_until(self, later: Date) -> i64 {
        later.day_number() - self.day_number()
    }

    /// The day before; the first day of year 0 has none that can be written.
    pub fn previous(self) -> Date {
        let before = Date::from_unix((self.day_number() - 719_468 - 1) * 86_400);
        if before.year < 0 { self } else { before }
    }

    fn day_number(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month = i64::from(self.month);
        let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = String;

    /// `YYYY-MM-DD`, or an RFC 3339 time whose day counts.
    fn from_str(s: &str) -> Result<Self, String> {
        let error = || format!("`{s}` is not a date: write YYYY-MM-DD");
        let day_part = match s.split_once(['T', 't']) {
            Some((day, time)) if time.len() >= 5 && time.as_bytes()[2] == b':' => day,
            Some(_) => return Err(error()),
            None => s,
        };
        let bytes = day_part.as_bytes();
        let digits = |range: std::ops::Range<usize>| -> Option<u32> {
            let part = bytes.get(range)?;
            if !part.iter().all(u8::is_ascii_digit) {
                return None;
            }
            std::str::from_utf8(part).ok()?.parse().ok()
        };
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(error());
        }
        let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(5..7), digits(8..10)) else {
            return Err(error());
        };
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return Err(error()),
        };
        if day == 0 || day > last {
            return Err(error());
        }
        Ok(Date { year: year as i32, month: month as u8, day: day as u8 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(Date::from_unix(0).to_string(), "1970-01-01");
        assert_eq!(Date::from_unix(1_795_000_000).to_string(), "2026-11-18");
        for text in ["2024-02-29", "2000-12-31", "1999-01-01", "2027-01-31T10:00:00Z"] {
            let date: Date = text.parse().unwrap();
            assert_eq!(date.to_string(), text[..10]);
            assert_eq!(Date::from_unix(date.day_number().saturating_sub(719_468) * 86_400), date);
            assert_eq!(date.previous().days_until(date), 1);
        }
        for bad in ["2023-02-29", "2024-13-01", "24-01-01", "tomorrow", "2024-1-1", "2024-01-01Tx", "2024-01-00"] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
        let (a, b): (Date, Date) = ("2026-11-24".parse().unwrap(), "2027-01-31".parse().unwrap());
        assert_eq!(a.days_until(b), 68);
    }
}
