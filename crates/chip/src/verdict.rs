//! What was proven about a chip, by which key and certificate, and what was not.
//!
//! Only this module builds a [`VerifiedChip`]: [`VerifiedChip::assume_verified`] is the one other
//! door, for stores and tests, so that one grep lists every use.

mod deviation;
mod document;

pub use deviation::{Deviation, Severity};
pub use document::{
    Access, Document, DocumentKind, HolderName, Portrait, Presence, PresenceProof, Sex, Signer,
};

use crate::sensitive::Sensitive;

/// A document whose chip is genuine: signed by an issuing state that the operator trusts, and,
/// where the chip can prove it, present in this very session.
///
/// A chip whose SOD lists DG14 or DG15 but that did not deliver or did not prove them never
/// becomes this type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedChip {
    parts: VerifiedParts,
}

/// Everything a [`VerifiedChip`] states; plain values that prove nothing by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedParts {
    /// What DG1 says.
    pub document: Document,
    /// Personal numbers as written, from DG1's optional data and DG11.
    pub personal_numbers: Vec<Sensitive<String>>,
    /// How the chip proved that it is here.
    pub presence: Presence,
    /// Where the document or its signer strays from the standard.
    pub deviations: Vec<Deviation>,
    /// Who signed.
    pub signer: Signer,
    /// The encoded portrait of DG2.
    pub portrait: Portrait,
    /// How the chip was opened.
    pub access: Access,
}

impl VerifiedChip {
    /// Takes the parts as verified without checking anything: for stores and tests alone.
    #[must_use]
    pub const fn assume_verified(parts: VerifiedParts) -> Self {
        Self { parts }
    }

    /// What DG1 says: kind, issuing state, number, holder, dates.
    #[must_use]
    pub const fn document(&self) -> &Document {
        &self.parts.document
    }

    /// Personal numbers as written, from DG1's optional data and DG11.
    #[must_use]
    pub fn personal_numbers(&self) -> &[Sensitive<String>] {
        &self.parts.personal_numbers
    }

    /// How the chip proved that it is here, or that it cannot.
    #[must_use]
    pub const fn presence(&self) -> Presence {
        self.parts.presence
    }

    /// Where the document or its signer strays from the standard.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.parts.deviations
    }

    /// Who signed, under which issuing-state certificate.
    #[must_use]
    pub const fn signer(&self) -> &Signer {
        &self.parts.signer
    }

    /// The encoded portrait of DG2.
    #[must_use]
    pub const fn portrait(&self) -> &Portrait {
        &self.parts.portrait
    }

    /// How the chip was opened.
    #[must_use]
    pub const fn access(&self) -> Access {
        self.parts.access
    }
}
