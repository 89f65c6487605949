//! Codes of the population register.

/// Where a person stands in the register.
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
    /// All of them, in the order of their codes.
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

    /// The status of a code, or `None` for one that the register does not use.
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

/// Civil status.
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
    /// All of them.
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

    /// The register's letter.
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

    /// The status of a letter, or `None` for one that the register does not use.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether a wedding (or registration of a partnership) began this period.
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
