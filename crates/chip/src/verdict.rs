//! What was proven about a chip, by which key and certificate, and what was not.
//!
//! Only this module builds a [`VerifiedChip`]: [`VerifiedChip::assume_verified`] is the one other
//! door, for stores and tests, so that one grep lists every use.

mod contents;
mod decision;
mod deviation;
mod document;
mod examine;
mod policy;
mod presence;
mod report;

pub use contents::ContentError;
pub use decision::VerifyError;
pub use deviation::{Deviation, Severity};
pub use document::{Access, Document, DocumentKind, Portrait, Presence, PresenceProof, Signer};
pub use examine::{Examination, examine, verify};
pub use policy::ChipPolicy;
pub use presence::PresenceError;
pub use report::{Check, CheckResult, Outcome, Report};

pub use crate::mrz::{HolderName, Sex};

use crate::chip_authentication::{ChipProof, PaceCamProof};
use crate::password::Password;
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

/// Everything that was read from a chip, believed by nobody.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// EF.SOD.
    pub sod: &'a [u8],
    /// Data groups by number, raw.
    pub data_groups: &'a [(u8, &'a [u8])],
    /// EF.COM, where it was read; never believed.
    pub com: Option<&'a [u8]>,
    /// EF.CardAccess, where it was read.
    pub card_access: Option<&'a [u8]>,
    /// EF.CardSecurity, where it was read.
    pub card_security: Option<&'a [u8]>,
    /// The access control that opened the chip.
    pub opened_by: OpenedBy,
    /// What opened it, where that is known here. A zone must be the document's own: a chip that opens
    /// by another document's zone is not the chip of this one.
    pub opened_with: Option<&'a Password>,
    /// What shows that the chip is here now, and what the chip refused to show.
    pub proofs: &'a [Proof<'a>],
}

impl std::fmt::Debug for Evidence<'_> {
    /// Files are personal: only their numbers and sizes are shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: Vec<(u8, usize)> =
            self.data_groups.iter().map(|(number, bytes)| (*number, bytes.len())).collect();
        f.debug_struct("Evidence")
            .field("sod_bytes", &self.sod.len())
            .field("data_group_bytes", &sizes)
            .finish_non_exhaustive()
    }
}

impl<'a> Evidence<'a> {
    /// The bytes of a data group, where it was delivered.
    #[must_use]
    pub fn data_group(&self, number: u8) -> Option<&'a [u8]> {
        self.data_groups.iter().find(|(own, _)| *own == number).map(|(_, bytes)| *bytes)
    }
}

/// Which access control a reader says that it used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpenedBy {
    /// Basic access control.
    Bac,
    /// Password authenticated connection establishment.
    Pace,
    /// Nothing is known of it: files from a folder.
    Unknown,
}

/// One proof of presence.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// The chip's answer to a challenge of the server's, single use, given for this very session.
    ActiveAuthentication {
        /// The challenge.
        challenge: [u8; crate::active::CHALLENGE_BYTES],
        /// The answer.
        answer: &'a [u8],
    },
    /// A chip authentication with the server's ephemeral key.
    ChipAuthentication(&'a ChipProof),
    /// A PACE with chip authentication mapping that the server itself ran.
    PaceCam(&'a PaceCamProof),
    /// The chip refused every way of every listed key of this kind: no other kind that the SOD does
    /// not list can stand in for it. Contact lost is no refusal.
    Refused(PresenceProof),
    /// The chip gave a proof of this kind, and it does not hold: the document is refused whatever
    /// else was shown.
    Fails(PresenceProof),
}
