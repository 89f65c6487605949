//! Where somebody lives and lived.

use std::fmt;

use jiff::civil::Date;
use zeroize::Zeroize;

use crate::{MunicipalityCode, Sensitive};

/// A house number in one canonical form: `7`, `12A`.
///
/// The register writes `0012A`, people write `12 a`; both are this value.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize)]
pub struct HouseNumber(String);

impl HouseNumber {
    /// Reads any common form: leading zeros, spaces and case do not count.
    pub fn parse(text: &str) -> Self {
        let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        Self(joined.trim_start_matches('0').to_uppercase())
    }

    /// The canonical text; empty where the register has none.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HouseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// An address as far as the register tells it. Empty parts are not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The municipality, always known for a residence in Denmark or Greenland.
    pub municipality: MunicipalityCode,
    /// Name of the road.
    pub street: Sensitive<String>,
    /// House number with its letter.
    pub house: Sensitive<HouseNumber>,
    /// Floor: `ST`, `01`, `KL`.
    pub floor: Sensitive<String>,
    /// Side or door: `TV`, `TH`, `0003`.
    pub door: Sensitive<String>,
    /// Four digits.
    pub postcode: Sensitive<String>,
    /// The postal town.
    pub town: Sensitive<String>,
}

impl Address {
    /// Whether there is enough to ask about: a street or at least a house in a postcode.
    pub fn has_street(&self) -> bool {
        !self.street.expose().is_empty()
    }

    /// Whether both name one dwelling, whatever spelling the floor has.
    pub fn same_place(&self, other: &Self) -> bool {
        self.municipality == other.municipality
            && self.street.expose().to_lowercase() == other.street.expose().to_lowercase()
            && self.house == other.house
            && self.floor.expose().to_lowercase() == other.floor.expose().to_lowercase()
            && self.door.expose().to_lowercase() == other.door.expose().to_lowercase()
    }
}

/// A period at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residence {
    /// The address at which the person lived.
    pub address: Address,
    /// The day of moving in; `None` where the register does not know it.
    pub from: Option<Date>,
    /// The day of moving out; `None` while the person lives there.
    pub until: Option<Date>,
    /// The day the register was told, where that is later than the move: a date of moving can be
    /// set back, the day of telling cannot.
    pub registered: Option<Date>,
}

/// A time abroad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The country as the register writes it (its own four digits, or three letters).
    pub country: Sensitive<String>,
    /// The day of leaving.
    pub left: Option<Date>,
    /// The day of coming back; `None` while away.
    pub returned: Option<Date>,
}
