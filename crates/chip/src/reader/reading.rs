//! What was read, and how the chip was opened for it.

use std::collections::BTreeMap;

use crate::apdu::StatusWord;
use crate::chip_authentication::PaceCamProof;
use crate::lds::file::FileId;
use crate::lds::security_info::{Group, Mapping, SecurityInfos};
use crate::password::{Password, PasswordKind};
use crate::symmetric::Cipher;
use crate::tlv;
use crate::verdict::{Evidence, OpenedBy, Proof};

/// How the chip was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessControl {
    /// None: the chip gives its files to anybody, as some of the oldest do.
    Open,
    /// Basic access control: the document offered no PACE. Compare with DG14: see [`Reading::offers`].
    Bac,
    /// PACE.
    Pace {
        /// Its mapping.
        mapping: Mapping,
        /// Its group.
        group: Group,
        /// Its cipher.
        cipher: Cipher,
        /// Which password it was.
        password: PasswordKind,
    },
}

impl std::fmt::Display for AccessControl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => f.write_str("none"),
            Self::Bac => f.write_str("BAC by the MRZ"),
            Self::Pace { mapping, group, cipher, password } => {
                let mapping = match mapping {
                    Mapping::Generic => "generic mapping",
                    Mapping::Integrated => "integrated mapping",
                    Mapping::ChipAuthentication => "chip authentication mapping",
                };
                let group = match group {
                    Group::Curve(curve) => curve.name(),
                    Group::Modp(group) => group.name(),
                };
                write!(f, "PACE by the {password}, {mapping}, {group}, {cipher}")
            }
        }
    }
}

/// What the unsigned offer in EF.CardAccess is worth, once DG14 is there (CHIP-CASES.md case 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offers {
    /// Both offer the same, or neither offers anything.
    Agree,
    /// DG14 is missing or unreadable: nothing to compare with.
    NotComparable,
    /// They differ: somebody on the line changed the offer, or the issuer erred.
    Differ,
    /// BAC was used and the signed DG14 offers PACE: somebody may have hidden the offer.
    PaceHidden,
}

/// EF.CardAccess against DG14, both as raw files; empty where there is none.
#[must_use]
pub fn compare_offers(access: &AccessControl, card_access: &[u8], dg14: &[u8]) -> Offers {
    let mut template = tlv::Reader::new(dg14);
    let signed = template
        .expect(tlv::Tag::new(0x6E))
        .ok()
        .and_then(|template| SecurityInfos::parse(template.value()).ok());
    let Some(signed) = signed else { return Offers::NotComparable };
    let offered = SecurityInfos::parse(card_access).unwrap_or_default();
    match access {
        AccessControl::Bac | AccessControl::Open if !signed.pace().is_empty() => Offers::PaceHidden,
        AccessControl::Bac | AccessControl::Open => Offers::Agree,
        AccessControl::Pace { .. } if offered.offers_the_same_pace_as(&signed) => Offers::Agree,
        AccessControl::Pace { .. } => Offers::Differ,
    }
}

/// What the chip said to a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveAuthentication {
    /// The challenge.
    pub challenge: [u8; 8],
    /// The signature, or what the chip answered instead of one.
    pub outcome: Result<Vec<u8>, StatusWord>,
}

/// Everything that one or more sessions read: bytes, believed by nobody yet.
#[derive(Clone)]
pub struct Reading {
    /// Raw files.
    pub files: BTreeMap<FileId, Vec<u8>>,
    /// Files that the chip lists and would not give, with what it answered.
    pub refused: BTreeMap<FileId, StatusWord>,
    /// How the chip was opened, last time.
    pub access: AccessControl,
    /// The password of the plan, which opened the chip in every session.
    pub password: Password,
    /// EF.CardAccess against DG14.
    pub offers: Offers,
    /// The chip's answer to the challenge, where one was given and the chip has active authentication.
    pub active_authentication: Option<ActiveAuthentication>,
    /// Signatures given to the challenges of earlier sessions: each has to hold, too.
    pub earlier_signatures: Vec<ActiveAuthentication>,
    /// What PACE with chip authentication mapping showed in the last session; proof only to whoever held the ephemeral
    /// keys.
    pub mapping_proof: Option<PaceCamProof>,
    /// In some session the chip gave a proof by mapping that is not for the key of its EF.CardSecurity.
    pub mapping_fails: bool,
    /// Command and response pairs, over all sessions.
    pub apdus: u32,
    /// Octets sent and received, over all sessions.
    pub bytes: u64,
    /// Messages to the chip: as many as `apdus`, or fewer where a relay batches.
    pub round_trips: u32,
    /// Sessions that it took: more than one after a lost tag.
    pub sessions: u32,
}

impl Reading {
    /// A file, where it was read.
    #[must_use]
    pub fn file(&self, file: FileId) -> Option<&[u8]> {
        self.files.get(&file).map(Vec::as_slice)
    }

    /// The data groups by number, as [`Evidence`] takes them.
    #[must_use]
    pub fn data_groups(&self) -> Vec<(u8, &[u8])> {
        let groups = self.files.iter().filter_map(|(file, bytes)| {
            file.data_group().map(|group| (group.number(), bytes.as_slice()))
        });
        groups.collect()
    }

    /// What opened the chip; `None` for one that gives its files to anybody.
    #[must_use]
    pub const fn opened_with(&self) -> Option<&Password> {
        match self.access {
            AccessControl::Open => None,
            AccessControl::Bac | AccessControl::Pace { .. } => Some(&self.password),
        }
    }

    /// Everything that was read, for a verdict; `data_groups` are [`Self::data_groups`].
    #[must_use]
    pub fn evidence<'a>(
        &'a self,
        data_groups: &'a [(u8, &'a [u8])],
        proofs: &'a [Proof<'a>],
    ) -> Evidence<'a> {
        Evidence {
            sod: self.file(FileId::Sod).unwrap_or_default(),
            data_groups,
            com: self.file(FileId::Com),
            card_access: self.file(FileId::CardAccess),
            card_security: self.file(FileId::CardSecurity),
            opened_by: self.opened_by(),
            opened_with: self.opened_with(),
            proofs,
        }
    }

    /// How the chip was opened, as [`Evidence`] takes it.
    #[must_use]
    pub const fn opened_by(&self) -> OpenedBy {
        match self.access {
            AccessControl::Open => OpenedBy::Unknown,
            AccessControl::Bac => OpenedBy::Bac,
            AccessControl::Pace { .. } => OpenedBy::Pace,
        }
    }
}

impl std::fmt::Debug for Reading {
    /// Files are personal: only names and sizes are shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: BTreeMap<FileId, usize> =
            self.files.iter().map(|(file, bytes)| (*file, bytes.len())).collect();
        f.debug_struct("Reading")
            .field("files", &sizes)
            .field("refused", &self.refused)
            .field("access", &self.access)
            .field("offers", &self.offers)
            .field("apdus", &self.apdus)
            .field("sessions", &self.sessions)
            .finish_non_exhaustive()
    }
}
