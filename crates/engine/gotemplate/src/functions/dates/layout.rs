//! Go's layouts: a time as a text, by the example of one moment (`Mon Jan 2 15:04:05 MST 2006`), and back.

use super::SECOND;
use super::moment::{Civil, DAYS, MONTHS, Time, days_from_civil};
use super::zones::Zone;
use std::fmt::Write;

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
    "__2",
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
pub(super) fn format(time: &Time, layout: &str) -> String {
    let civil = time.civil();
    let mut out = String::new();
    let mut rest = layout;
    while let Some((before, element, after)) = next_fraction_or_element(rest) {
        out.push_str(before);
        write_element(&mut out, element, &civil, &time.zone);
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

fn write_element(out: &mut String, element: &str, civil: &Civil, zone: &Zone) {
    let offset = zone.offset();
    let month = MONTHS.get((civil.month - 1).max(0) as usize).copied().unwrap_or_default();
    let day = DAYS.get(civil.weekday as usize).copied().unwrap_or_default();
    let twelve = if civil.hour % 12 == 0 { 12 } else { civil.hour % 12 };
    let _ = match element {
        "January" => write!(out, "{month}"),
        "Jan" => write!(out, "{}", month.get(..3).unwrap_or_default()),
        "Monday" => write!(out, "{day}"),
        "Mon" => write!(out, "{}", day.get(..3).unwrap_or_default()),
        "MST" if zone.name().is_empty() => write!(out, "{}", zone_text("-0700", offset)),
        "MST" => write!(out, "{}", zone.name()),
        "2006" if civil.year < 0 => write!(out, "-{:04}", -civil.year),
        "2006" => write!(out, "{:04}", civil.year),
        "06" => write!(out, "{:02}", civil.year.max(0) % 100),
        "01" => write!(out, "{:02}", civil.month),
        "1" => write!(out, "{}", civil.month),
        "02" => write!(out, "{:02}", civil.day),
        "_2" => write!(out, "{:2}", civil.day),
        "2" => write!(out, "{}", civil.day),
        "002" => write!(out, "{:03}", civil.year_day),
        "__2" => write!(out, "{:3}", civil.year_day),
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
    let minutes = offset / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes, seconds) = (minutes.abs() / 60, minutes.abs() % 60, offset.abs() % 60);
    match element.trim_start_matches(['Z', '-']) {
        "07" => format!("{sign}{hours:02}"),
        "07:00" => format!("{sign}{hours:02}:{minutes:02}"),
        "07:00:00" => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
        "070000" => format!("{sign}{hours:02}{minutes:02}{seconds:02}"),
        _ => format!("{sign}{hours:02}{minutes:02}"),
    }
}

/// What has been read of a text, until all is known.
#[derive(Default)]
struct Parts {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    afternoon: Option<bool>,
    zone: Named,
}

/// What a text says of its zone.
#[derive(Default)]
enum Named {
    #[default]
    Nothing,
    Utc,
    Offset(i64),
    Name(String),
}

/// `time.ParseInLocation` where the machine's zone is UTC.
pub(super) fn parse(layout: &str, text: &str) -> Option<Time> {
    let mut parts = Parts::default();
    let mut rest = Rest(text);
    let mut pattern = layout;
    while let Some((before, element, after)) = next_fraction_or_element(pattern) {
        rest.skip(before)?;
        pattern = after;
        parts.take(element, pattern, &mut rest)?;
    }
    rest.skip(pattern)?;
    if !rest.0.is_empty() {
        return None;
    }
    parts.time()
}

/// What is still to be read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// A text of the layout. Blanks stand for any number of blanks.
    fn skip(&mut self, mut text: &str) -> Option<()> {
        while let Some(first) = text.chars().next() {
            if first == ' ' {
                if !self.0.is_empty() && !self.0.starts_with(' ') {
                    return None;
                }
                text = text.trim_start_matches(' ');
                self.0 = self.0.trim_start_matches(' ');
                continue;
            }
            self.0 = self.0.strip_prefix(first)?;
            text = text.get(first.len_utf8()..)?;
        }
        Some(())
    }

    /// How many of the next bytes are digits.
    fn digits(&self) -> usize {
        self.0.bytes().take_while(u8::is_ascii_digit).count()
    }

    fn take(&mut self, length: usize) -> Option<&'a str> {
        let taken = self.0.get(..length)?;
        self.0 = self.0.get(length..)?;
        Some(taken)
    }

    /// A number of at least and at most so many digits.
    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let length = self.digits().min(most);
        if length < least { None } else { self.take(length)?.parse().ok() }
    }

    /// A mark and digits as nanoseconds.
    fn fraction(&mut self, digits: usize) -> Option<i64> {
        let text = self.take(1 + digits)?.get(1..)?;
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        format!("{:0<9}", text.get(..digits.min(9))?).parse().ok()
    }

    /// One of these names, whatever its case: its number.
    fn name<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) -> Option<i64> {
        let same = |name: &str| self.0.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name));
        let (number, name) = names.into_iter().enumerate().find(|(_, name)| same(name))?;
        self.take(name.len())?;
        Some(number as i64)
    }
}

impl Parts {
    fn take(&mut self, element: &str, pattern: &str, rest: &mut Rest<'_>) -> Option<()> {
        match element {
            "2006" => self.year = rest.number(4, 4)?,
            "06" => {
                let short = rest.number(2, 2)?;
                self.year = if short >= 69 { short + 1900 } else { short + 2000 };
            }
            "01" => self.month = Some(within(rest.number(2, 2)?, 1, 12)?),
            "1" => self.month = Some(within(rest.number(1, 2)?, 1, 12)?),
            "January" => self.month = Some(rest.name(MONTHS)? + 1),
            "Jan" => self.month = Some(rest.name(MONTHS.map(short))? + 1),
            "Monday" => drop(rest.name(DAYS)?),
            "Mon" => drop(rest.name(DAYS.map(short))?),
            "02" => self.day = Some(rest.number(2, 2)?),
            "2" => self.day = Some(rest.number(1, 2)?),
            "_2" => {
                rest.0 = rest.0.strip_prefix(' ').unwrap_or(rest.0);
                self.day = Some(rest.number(1, 2)?);
            }
            "002" => self.year_day = Some(rest.number(3, 3)?),
            "__2" => {
                for _ in 0..2 {
                    rest.0 = rest.0.strip_prefix(' ').unwrap_or(rest.0);
                }
                self.year_day = Some(rest.number(1, 3)?);
            }
            "15" => self.hour = within(rest.number(1, 2)?, 0, 23)?,
            "03" => self.hour = within(rest.number(2, 2)?, 0, 12)?,
            "3" => self.hour = within(rest.number(1, 2)?, 0, 12)?,
            "04" => self.minute = within(rest.number(2, 2)?, 0, 59)?,
            "4" => self.minute = within(rest.number(1, 2)?, 0, 59)?,
            "05" | "5" => {
                self.second = within(rest.number(element.len(), 2)?, 0, 59)?;
                let next = next_fraction_or_element(pattern).map_or("", |(_, element, _)| element);
                // A fraction may follow although the layout has none.
                let digits = rest.0.bytes().skip(1).take_while(u8::is_ascii_digit).count();
                if rest.0.starts_with(['.', ',']) && digits > 0 && !next.starts_with(['.', ',']) {
                    self.nanos = rest.fraction(digits)?;
                }
            }
            "PM" | "pm" => {
                let word = rest.take(2)?;
                let upper = element == "PM";
                self.afternoon = Some(match word {
                    "PM" if upper => true,
                    "AM" if upper => false,
                    "pm" if !upper => true,
                    "am" if !upper => false,
                    _ => return None,
                });
            }
            "MST" if rest.0.starts_with("UTC") => {
                rest.take(3)?;
                self.zone = Named::Utc;
            }
            "MST" => {
                let length = abbreviation(rest.0)?;
                self.zone = Named::Name(rest.take(length)?.to_owned());
            }
            zone if zone.starts_with('Z') && rest.0.starts_with('Z') => {
                rest.take(1)?;
                self.zone = Named::Utc;
            }
            zone if zone.starts_with(['Z', '-']) => self.zone = Named::Offset(offset(zone, rest)?),
            fraction if fraction.ends_with('9') => {
                let digits = rest.0.bytes().skip(1).take_while(u8::is_ascii_digit).count();
                if rest.0.starts_with(['.', ',']) && digits > 0 {
                    self.nanos = rest.fraction(digits)?;
                }
            }
            fraction => {
                if !rest.0.starts_with(['.', ',']) {
                    return None;
                }
                self.nanos = rest.fraction(fraction.len() - 1)?;
            }
        }
        Some(())
    }

    fn time(mut self) -> Option<Time> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let days = match self.year_day {
            Some(of_year) => {
                within(of_year, 1, 365 + i64::from(leap))?;
                let days = days_from_civil(self.year, 1, 1) + of_year - 1;
                let civil = Civil::of(i128::from(days) * 86_400 * SECOND);
                let agrees = |said: Option<i64>, is: i64| said.is_none_or(|said| said == is);
                (agrees(self.month, civil.month) && agrees(self.day, civil.day)).then_some(days)?
            }
            None => {
                let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
                let length = match month {
                    2 => 28 + i64::from(leap),
                    4 | 6 | 9 | 11 => 30,
                    _ => 31,
                };
                days_from_civil(self.year, month, within(day, 1, length)?)
            }
        };
        let seconds = days * 86_400 + self.hour * 3_600 + self.minute * 60 + self.second;
        let at = |seconds: i64| i128::from(seconds) * SECOND + i128::from(self.nanos);
        Some(match self.zone {
            Named::Nothing | Named::Utc => Time::utc(at(seconds)),
            Named::Offset(0) => Time::utc(at(seconds)),
            Named::Offset(offset) => {
                Time { nanos: at(seconds - offset), zone: Zone::At(i32::try_from(offset).ok()?, "".into()) }
            }
            // Where a name means nothing in the zone of the machine, Go takes the clock for UTC's and keeps the name.
            Named::Name(name) => {
                let hours = name.strip_prefix("GMT").and_then(|hours| hours.parse::<i32>().ok()).unwrap_or(0);
                Time { nanos: at(seconds), zone: Zone::At(hours * 3_600, name.as_str().into()) }
            }
        })
    }
}

fn within(value: i64, least: i64, most: i64) -> Option<i64> {
    (least..=most).contains(&value).then_some(value)
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// `+07:00` and its like, in seconds.
fn offset(element: &str, rest: &mut Rest<'_>) -> Option<i64> {
    let sign = match rest.take(1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let mut total = 0;
    let parts = element.trim_start_matches(['Z', '-']);
    let colon = parts.contains(':');
    let count = parts.bytes().filter(u8::is_ascii_digit).count() / 2;
    for (index, (unit, most)) in [(3_600, 24), (60, 60), (1, 60)].into_iter().take(count).enumerate() {
        if colon && index > 0 && rest.take(1)? != ":" {
            return None;
        }
        total += within(rest.number(2, 2)?, 0, most)? * unit;
    }
    Some(sign * total)
}

/// How long the abbreviation of a zone is that a text begins with (`parseTimeZone` of Go).
fn abbreviation(text: &str) -> Option<usize> {
    let signed = |text: &str| -> usize {
        let digits = text.bytes().skip(1).take_while(u8::is_ascii_digit).count();
        let number: Option<u32> = text.get(1..1 + digits).and_then(|digits| digits.parse().ok());
        if text.starts_with(['+', '-']) && number.is_some_and(|number| number <= 23) { 1 + digits } else { 0 }
    };
    if text.starts_with("ChST") || text.starts_with("MeST") {
        return Some(4);
    }
    if let Some(after) = text.strip_prefix("GMT") {
        return Some(3 + signed(after));
    }
    if text.starts_with(['+', '-']) {
        return Some(signed(text)).filter(|length| *length > 0 && text.len() >= 3);
    }
    let upper = text.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
    match upper {
        3 => Some(3),
        4 if text.as_bytes().get(3) == Some(&b'T') || text.starts_with("WITA") => Some(4),
        5 if text.as_bytes().get(4) == Some(&b'T') => Some(5),
        _ => None,
    }
}
