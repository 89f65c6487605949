//! A list of every check: done, failed, or not possible and why.

use super::{Deviation, Document, Signer};

/// One thing that was looked at, in the order of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// EF.SOD can be read.
    Sod,
    /// A document signer's key signed EF.SOD.
    SodSignature,
    /// A trusted issuing state vouches for the document signer, and has not revoked it.
    Issuer,
    /// A data group is the one that was signed.
    DataGroup(u8),
    /// DG1 says whose document it is.
    Document,
    /// DG2 holds a portrait.
    Portrait,
    /// The state that signed is the one that the document says issued it.
    Country,
    /// The document has not expired.
    Expiry,
    /// The zone that opened the chip is the one in DG1.
    Zone,
    /// How the chip was opened.
    Access,
    /// The chip answered the server's challenge.
    ActiveAuthentication,
    /// The chip agreed keys with the server.
    ChipAuthentication,
    /// The chip proved itself in PACE.
    PaceCam,
    /// The chip is here now, as far as it can show that.
    Presence,
    /// Policy accepts every deviation.
    Policy,
}

impl Check {
    /// A stable name for interfaces.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Sod => "sod".to_owned(),
            Self::SodSignature => "sod-signature".to_owned(),
            Self::Issuer => "issuer".to_owned(),
            Self::DataGroup(number) => format!("dg{number}"),
            Self::Document => "document".to_owned(),
            Self::Portrait => "portrait".to_owned(),
            Self::Country => "country".to_owned(),
            Self::Expiry => "expiry".to_owned(),
            Self::Zone => "zone".to_owned(),
            Self::Access => "access".to_owned(),
            Self::ActiveAuthentication => "active-authentication".to_owned(),
            Self::ChipAuthentication => "chip-authentication".to_owned(),
            Self::PaceCam => "pace-cam".to_owned(),
            Self::Presence => "presence".to_owned(),
            Self::Policy => "policy".to_owned(),
        }
    }
}

/// What a check came to. The words name no person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Passed(String),
    /// It does not.
    Failed(String),
    /// It could not be done, and why.
    NotPossible(String),
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// What was looked at.
    pub check: Check,
    /// What it came to.
    pub outcome: Outcome,
}

/// Everything that was looked at, whatever came of it. It proves nothing: what is proven is a
/// [`super::VerifiedChip`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Checks in the order of looking.
    pub checks: Vec<CheckResult>,
    /// What DG1 says, even where nobody vouches for it.
    pub document: Option<Document>,
    /// Who signed EF.SOD, even where nobody vouches for them.
    pub signer: Option<Signer>,
    /// Where document and signer stray from the standard.
    pub deviations: Vec<Deviation>,
}

impl Report {
    pub(super) fn passed(&mut self, check: Check, words: impl Into<String>) {
        self.checks.push(CheckResult { check, outcome: Outcome::Passed(words.into()) });
    }

    pub(super) fn failed(&mut self, check: Check, words: impl Into<String>) {
        self.checks.push(CheckResult { check, outcome: Outcome::Failed(words.into()) });
    }

    pub(super) fn not_possible(&mut self, check: Check, words: impl Into<String>) {
        self.checks.push(CheckResult { check, outcome: Outcome::NotPossible(words.into()) });
    }

    pub(super) fn deviates(&mut self, deviation: Deviation) {
        if !self.deviations.contains(&deviation) {
            self.deviations.push(deviation);
        }
    }

    /// What a check came to, where it was looked at.
    #[must_use]
    pub fn outcome(&self, check: Check) -> Option<&Outcome> {
        self.checks.iter().find(|line| line.check == check).map(|line| &line.outcome)
    }
}

/// An error with everything that caused it, in one line.
pub(super) fn chain_of(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    words
}
