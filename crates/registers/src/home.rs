//! The home time zone of the service.

use jiff::tz::TimeZone;

/// The IANA name of the home time zone, which is that of Denmark: days of registers and documents begin and end in it, and
/// times in it are shown without the name of a place.
pub const HOME_ZONE: &str = "Europe/Copenhagen";

/// The home time zone.
#[must_use]
pub fn home_zone() -> TimeZone {
    TimeZone::get(HOME_ZONE).unwrap_or(TimeZone::UTC)
}
