//! Citizen Service Centres: where they are and when they are open.

use std::fmt;

use jiff::{civil::Time, tz::TimeZone};

use crate::MunicipalityCode;

/// The operator's id of a centre.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CentreId(String);

impl CentreId {
    /// Reads an id: 1 to 32 of `a-z`, `0-9` and `-`, because it appears in the addresses of pages.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        ((1..=32).contains(&text.len()) && plain).then(|| Self(text.to_owned()))
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CentreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A day of the week, Monday first.
pub type Weekday = jiff::civil::Weekday;

/// One period on one weekday in which a centre is open, in its own time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The day of the week.
    pub day: Weekday,
    /// When the centre opens.
    pub from: Time,
    /// When the centre closes.
    pub until: Time,
}

/// A Citizen Service Centre, where people can visit a clerk.
#[derive(Clone, Debug, PartialEq)]
pub struct Centre {
    /// The operator's id of the centre.
    pub id: CentreId,
    /// The name of the centre.
    pub name: String,
    /// The municipality of the centre.
    pub municipality: MunicipalityCode,
    /// The road and house number.
    pub street: String,
    /// The postcode, four digits.
    pub postcode: String,
    /// The postal town.
    pub town: String,
    /// Degrees north, where known.
    pub latitude: Option<f64>,
    /// Degrees east, where known.
    pub longitude: Option<f64>,
    /// The IANA time zone: that of Copenhagen, or of Nuuk in Greenland.
    pub zone: TimeZone,
    /// How many people can be seen at the same time.
    pub desks: u8,
    /// The opening hours, in the order of the week.
    pub hours: Vec<Opening>,
}

impl Centre {
    /// The IANA name of the time zone.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}
