//! What a machine-readable zone says of its holder beside dates.

use crate::sensitive::Sensitive;

/// A holder's name in the letters of the MRZ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderName {
    /// The primary identifier, mostly the surname; words parted by one space.
    pub primary: Sensitive<String>,
    /// The secondary identifier, mostly the given names; empty where there is none.
    pub secondary: Sensitive<String>,
}

/// The sex that an MRZ states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// `F`
    Female,
    /// `M`
    Male,
    /// `<` or `X`
    Unspecified,
}
