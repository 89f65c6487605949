//! Citizen Service Centres: where they are and when they are open.

use std::fmt;

use jiff::{civil::Time, tz::TimeZone};

use crate::MunicipalityCode;

/// The operator's name for a centre.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CentreId(String);

impl CentreId {
    /// 1 to 32 of `a-z`, `0-9` and `-`: it appears in addresses of pages.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        ((1..=32).contains(&text.len()) && plain).then(|| Self(text.to_owned()))
    }

    /// The id.
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

/// One period of opening on one weekday, in the centre's own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Which day.
    pub day: Weekday,
    /// The doors open.
    pub from: Time,
    /// The doors close.
    pub until: Time,
}

/// A place where a clerk can see somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Centre {
    /// The operator's id.
    pub id: CentreId,
    /// What it is called.
    pub name: String,
    /// Its municipality.
    pub municipality: MunicipalityCode,
    /// Road and house number.
    pub street: String,
    /// Four digits.
    pub postcode: String,
    /// The postal town.
    pub town: String,
    /// Degrees north, where known.
    pub latitude: Option<f64>,
    /// Degrees east, where known.
    pub longitude: Option<f64>,
    /// The IANA zone: Copenhagen, or Nuuk in Greenland.
    pub zone: TimeZone,
    /// How many people can be seen at once.
    pub desks: u8,
    /// When it is open, in order of the week.
    pub hours: Vec<Opening>,
}

impl Centre {
    /// The IANA name of the zone.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}
