//! `--newer-than` and `--older-than`: objects by the time of their creation, which only a cluster gives them.

use crate::commands::settings;
use crate::failure::user_error;
use crate::output;
use ironclad_model::{Date, Object};
use std::cell::Cell;

/// A span of ages.
#[derive(Debug, Default)]
pub(crate) struct Ages {
    /// Seconds since 1970.
    after: Option<i64>,
    before: Option<i64>,
    ageless: Cell<usize>,
}

impl Ages {
    /// From the flags: `36h`, `7d`, `2w`.
    pub(crate) fn of(newer: Option<&str>, older: Option<&str>) -> anyhow::Result<Ages> {
        let now = settings::now();
        let moment = |age: Option<&str>| age.map(|age| Ok::<_, anyhow::Error>(now - seconds(age)?)).transpose();
        let ages = Ages { after: moment(newer)?, before: moment(older)?, ageless: Cell::new(0) };
        if let (Some(after), Some(before)) = (ages.after, ages.before)
            && after >= before
        {
            let help = "--newer-than takes the larger age, as in --newer-than 30d --older-than 7d".to_owned();
            return Err(user_error("nothing is newer and older than that", help));
        }
        Ok(ages)
    }

    /// Does any age do?
    pub(crate) fn is_any(&self) -> bool {
        self.after.is_none() && self.before.is_none()
    }

    /// Is the object as old as wanted? What has no time of creation is not.
    pub(crate) fn takes(&self, object: &Object) -> bool {
        if self.is_any() {
            return true;
        }
        let written = object.metadata().and_then(|metadata| metadata.get_str("creationTimestamp")?.value().as_str());
        let Some(made) = written.and_then(moment) else {
            self.ageless.set(self.ageless.get() + 1);
            return false;
        };
        self.after.is_none_or(|after| made >= after) && self.before.is_none_or(|before| made < before)
    }

    /// What was left out for want of an age is said.
    pub(crate) fn say_what_is_ageless(&self) {
        if self.ageless.get() > 0 {
            output::note(&format!(
                "note: left out for want of a time of creation, which only objects of a cluster have: {}",
                self.ageless.get()
            ));
        }
    }
}

/// `36h`, `7d`, `2w`, `1y`, or days without a unit, as KubiScan takes them.
fn seconds(age: &str) -> anyhow::Result<i64> {
    let digits = age.find(|c: char| !c.is_ascii_digit()).unwrap_or(age.len());
    let unit = match &age[digits..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "" | "d" => 86_400,
        "w" => 7 * 86_400,
        "y" => 365 * 86_400,
        _ => 0,
    };
    let number = age[..digits].parse::<i64>().ok().filter(|number| *number < 1_000_000 && unit > 0);
    number.map(|number| number * unit).ok_or_else(|| {
        user_error(format!("`{age}` is not an age"), "a number and a unit, as in 36h, 7d, 2w or 1y".to_owned())
    })
}

/// Seconds since 1970 of `YYYY-MM-DDTHH:MM:SSZ`.
fn moment(text: &str) -> Option<i64> {
    let (day, time) = text.split_once('T')?;
    let days = Date::from_unix(0).days_until(day.parse().ok()?);
    let mut clock = time.trim_end_matches('Z').split(':').map(|part| part.parse::<i64>().ok());
    let (hours, minutes, seconds) = (clock.next()??, clock.next()??, clock.next()??);
    Some(days * 86_400 + hours * 3_600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_moments() {
        for (age, expected) in [("36h", 129_600), ("7d", 604_800), ("7", 604_800), ("2w", 1_209_600), ("90m", 5_400)] {
            assert_eq!(seconds(age).unwrap(), expected, "{age}");
        }
        for bad in ["", "d", "7x", "-1d", "1.5h", "99999999d"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
        assert_eq!(moment("1970-01-02T00:00:01Z"), Some(86_401));
        assert_eq!(moment("2026-11-25T04:00:00Z"), Some(1_795_579_200));
        assert_eq!(moment("soon"), None);
        assert!(Ages::of(Some("1d"), Some("7d")).is_err());
    }
}
