//! The codes of the population register for the status of people.

/// The status of a person in the population register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PersonStatus {
    /// 01: active, with an address in Denmark.
    Active,
    /// 03: active, with a special road code in Denmark.
    ActiveSpecialRoad,
    /// 05: active, with an address in Greenland.
    ActiveGreenland,
    /// 07: active, with a special road code in Greenland.
    ActiveGreenlandSpecialRoad,
    /// 20: an administrative number, given for taxes or pensions without residence.
    Administrative,
    /// 30: annulled.
    Annulled,
    /// 50: deleted, a second number of the same person.
    DeletedDouble,
    /// 60: changed to another number.
    Changed,
    /// 70: disappeared.
    Disappeared,
    /// 80: emigrated.
    Emigrated,
    /// 90: dead.
    Dead,
}

impl PersonStatus {
    /// Every status, in the order of the codes.
    pub const ALL: [Self; 11] = [
        Self::Active,
        Self::ActiveSpecialRoad,
        Self::ActiveGreenland,
        Self::ActiveGreenlandSpecialRoad,
        Self::Administrative,
        Self::Annulled,
        Self::DeletedDouble,
        Self::Changed,
        Self::Disappeared,
        Self::Emigrated,
        Self::Dead,
    ];

    /// The register's two-digit code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "01",
            Self::ActiveSpecialRoad => "03",
            Self::ActiveGreenland => "05",
            Self::ActiveGreenlandSpecialRoad => "07",
            Self::Administrative => "20",
            Self::Annulled => "30",
            Self::DeletedDouble => "50",
            Self::Changed => "60",
            Self::Disappeared => "70",
            Self::Emigrated => "80",
            Self::Dead => "90",
        }
    }

    /// The status with this code; `None` for a code that the register does not use.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether the person is alive and registered at an address in Denmark or Greenland.
    pub const fn is_resident(self) -> bool {
        match self {
            Self::Active
            | Self::ActiveSpecialRoad
            | Self::ActiveGreenland
            | Self::ActiveGreenlandSpecialRoad => true,
            Self::Administrative
            | Self::Annulled
            | Self::DeletedDouble
            | Self::Changed
            | Self::Disappeared
            | Self::Emigrated
            | Self::Dead => false,
        }
    }
}

/// The civil status of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CivilStatus {
    /// U: unmarried.
    Unmarried,
    /// G: married.
    Married,
    /// F: divorced.
    Divorced,
    /// E: widowed.
    Widowed,
    /// P: in a registered partnership.
    RegisteredPartner,
    /// O: registered partnership dissolved.
    DissolvedPartnership,
    /// L: surviving partner.
    SurvivingPartner,
    /// D: dead.
    Dead,
}

impl CivilStatus {
    /// Every civil status.
    pub const ALL: [Self; 8] = [
        Self::Unmarried,
        Self::Married,
        Self::Divorced,
        Self::Widowed,
        Self::RegisteredPartner,
        Self::DissolvedPartnership,
        Self::SurvivingPartner,
        Self::Dead,
    ];

    /// The letter of the civil status in the register.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unmarried => "U",
            Self::Married => "G",
            Self::Divorced => "F",
            Self::Widowed => "E",
            Self::RegisteredPartner => "P",
            Self::DissolvedPartnership => "O",
            Self::SurvivingPartner => "L",
            Self::Dead => "D",
        }
    }

    /// The civil status with this letter; `None` for a letter that the register does not use.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether the period began with a wedding or with the registration of a partnership.
    pub const fn is_a_marriage(self) -> bool {
        match self {
            Self::Married | Self::RegisteredPartner => true,
            Self::Unmarried
            | Self::Divorced
            | Self::Widowed
            | Self::DissolvedPartnership
            | Self::SurvivingPartner
            | Self::Dead => false,
        }
    }
}
