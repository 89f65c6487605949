//! Dates and times as people read them, with the place where its time zone is not that of Copenhagen (PROTOCOLS.md
//! section 14).

use crate::Words;
use jiff::Zoned;
use jiff::civil::Date;
use recovery::time::Timestamp;

/// An instant in the time zone of Copenhagen.
pub(crate) fn at_home(at: Timestamp) -> Zoned {
    service::appointment::on_clock(at, &service::home_zone())
}

/// A date in words: `Thursday 3 December 2026`.
pub(crate) fn day(words: Words, date: Date) -> String {
    let weekday = words.get(&format!("weekday-{}", date.weekday().to_monday_one_offset()));
    let month = words.get(&format!("month-{}", date.month()));
    words.with_all(
        "moment-day",
        &[
            ("weekday", &weekday),
            ("day", &date.day().to_string()),
            ("month", &month),
            ("year", &date.year().to_string()),
        ],
    )
}

/// A time of day: `10:20`.
pub(crate) fn clock(at: &Zoned) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// The place that names the time zone; `None` for that of Copenhagen.
pub(crate) fn place(at: &Zoned) -> Option<String> {
    let zone = at.time_zone().iana_name().unwrap_or("UTC");
    (zone != service::HOME_ZONE).then(|| zone.rsplit('/').next().unwrap_or(zone).replace('_', " "))
}

/// A date and time in words: `Thursday 3 December 2026 at 10:20`, followed by ` (Nuuk time)` where the place is shown.
pub(crate) fn moment(words: Words, at: &Zoned) -> String {
    let text = words.with_all("moment", &[("day", &day(words, at.date())), ("time", &clock(at))]);
    match place(at) {
        Some(place) => format!("{text} ({})", words.with("moment-place", "place", place)),
        None => text,
    }
}

/// A text at the beginning of a line, with a capital letter: Danish writes weekdays in lower case.
pub(crate) fn beginning(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
