//! Conversions between instants and the local time of a centre.

use super::StoredCentre;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};
use recovery::time::Timestamp;

/// The time zone of a centre.
#[must_use]
pub fn zone_of(centre: &StoredCentre) -> TimeZone {
    TimeZone::get(&centre.centre.time_zone).unwrap_or(TimeZone::UTC)
}

/// The instant `at` as local time in `zone`.
#[must_use]
pub fn on_clock(at: Timestamp, zone: &TimeZone) -> Zoned {
    jiff::Timestamp::from_millisecond(at.0)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(zone.clone())
}

pub(crate) fn date_in(at: Timestamp, zone: &TimeZone) -> Date {
    on_clock(at, zone).date()
}

pub(super) fn instant(at: &Zoned) -> Timestamp {
    Timestamp(at.timestamp().as_millisecond())
}

pub(super) fn shifted(date: Date, days: i8) -> Date {
    date.checked_add(i64::from(days).days()).unwrap_or(date)
}

pub(super) fn days_from(from: Date, days: i8) -> impl Iterator<Item = Date> {
    (0..days).map(move |day| shifted(from, day))
}

/// The times that a centre offers on a day of its own calendar: only visits that end before the centre closes.
pub(super) fn times_of(centre: &StoredCentre, day: Date, zone: &TimeZone) -> Vec<Zoned> {
    let visit = i64::try_from(centre.visit.as_millis() / 60_000).unwrap_or(i64::MAX).max(1);
    let weekday = day.weekday().to_monday_one_offset();
    let mut times = Vec::new();
    for hours in centre.hours.iter().filter(|hours| i16::from(hours.weekday) == i16::from(weekday))
    {
        let until = i64::from(hours.until_minute);
        let mut minute = i64::from(hours.from_minute);
        while minute.saturating_add(visit) <= until {
            let (hour, rest) = (i8::try_from(minute / 60), i8::try_from(minute % 60));
            if let (Ok(hour @ 0..=23), Ok(rest)) = (hour, rest)
                && let Ok(at) = day.at(hour, rest, 0, 0).to_zoned(zone.clone())
            {
                times.push(at);
            }
            minute = minute.saturating_add(visit);
        }
    }
    times.sort();
    times.dedup();
    times
}
