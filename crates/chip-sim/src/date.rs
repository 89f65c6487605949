//! Calendar days, as certificates, MRZ and data groups write them.

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Four digits.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// First and last day on which something is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

impl Date {
    /// A day.
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Self {
        Self { year, month, day }
    }

    /// `YYMMDD`
    #[must_use]
    pub fn mrz(self) -> String {
        format!("{:02}{:02}{:02}", self.year % 100, self.month, self.day)
    }

    /// `YYYYMMDD`
    pub(crate) fn full(self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month, self.day)
    }

    /// X.509 `Time`: UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5).
    pub(crate) fn asn1(self, time_of_day: &str) -> Vec<u8> {
        if self.year < 2050 {
            crate::der::tlv(0x17, format!("{}{time_of_day}Z", self.mrz()).as_bytes())
        } else {
            crate::der::tlv(0x18, format!("{}{time_of_day}Z", self.full()).as_bytes())
        }
    }
}
