//! Where a person lives and has lived.

use std::fmt;

use jiff::civil::Date;
use zeroize::Zeroize;

use crate::{MunicipalityCode, Sensitive};

/// A house number in one canonical form, such as `7` or `12A`.
///
/// The register writes `0012A` and people write `12 a`; both are the same value.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize)]
pub struct HouseNumber(String);

impl HouseNumber {
    /// Reads a house number in any common form; leading zeros, spaces and case are ignored.
    pub fn parse(text: &str) -> Self {
        let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        Self(joined.trim_start_matches('0').to_uppercase())
    }

    /// The canonical text; empty where the register has no house number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HouseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// An address, as far as the register knows it. Parts that it does not know are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The municipality; always known for a residence in Denmark or Greenland.
    pub municipality: MunicipalityCode,
    /// The name of the road.
    pub street: Sensitive<String>,
    /// The house number with its letter.
    pub house: Sensitive<HouseNumber>,
    /// The floor: `ST`, `01`, `KL`.
    pub floor: Sensitive<String>,
    /// The side or door: `TV`, `TH`, `0003`.
    pub door: Sensitive<String>,
    /// The postcode, four digits.
    pub postcode: Sensitive<String>,
    /// The postal town.
    pub town: Sensitive<String>,
}

impl Address {
    /// Whether enough of the address is known to ask about it: a street, or at least a house in a postcode.
    pub fn has_street(&self) -> bool {
        !self.street.expose().is_empty()
    }

    /// Whether both addresses name the same dwelling, however the floor is written.
    pub fn same_place(&self, other: &Self) -> bool {
        self.municipality == other.municipality
            && self.street.expose().to_lowercase() == other.street.expose().to_lowercase()
            && self.house == other.house
            && self.floor.expose().to_lowercase() == other.floor.expose().to_lowercase()
            && self.door.expose().to_lowercase() == other.door.expose().to_lowercase()
    }
}

/// A period in which a person lives at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residence {
    /// The address at which the person lived.
    pub address: Address,
    /// The day of moving in; `None` where the register does not know it.
    pub from: Option<Date>,
    /// The day of moving out; `None` while the person lives there.
    pub until: Option<Date>,
    /// The day on which the register was told, where that is later than the move. The date of a move can be backdated,
    /// the day of telling cannot.
    pub registered: Option<Date>,
}

/// A period in which a person is abroad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The country as the register writes it (its own four digits, or three letters).
    pub country: Sensitive<String>,
    /// The day of leaving.
    pub left: Option<Date>,
    /// The day of coming back; `None` while the person is abroad.
    pub returned: Option<Date>,
}
