//! What came of a reading by whoever holds every key.

use super::{AccessControl, Reading};
use crate::chip_authentication::{ChipProof, PaceCamProof, prove_by_pace};
use crate::lds::file::FileId;
use crate::lds::security_info::Group;
use crate::verdict::Proof;

/// What was read and what the chip proved in these sessions.
#[derive(Debug)]
pub struct Proven {
    /// What was read.
    pub reading: Reading,
    /// Chip authentication, with an ephemeral key that was drawn here.
    pub chip_authentication: Option<ChipProof>,
    /// PACE with chip authentication mapping, with ephemeral keys that were drawn here.
    pub pace_cam: Option<PaceCamProof>,
    /// Keys of DG14 that were tried and did not answer for themselves.
    pub agreements_failed: usize,
    /// Times that the reading went on after a lost tag.
    pub resumptions: u32,
    /// Command and response pairs, those of the proof among them.
    pub apdus: u64,
    /// Octets of these.
    pub bytes: u64,
    /// Messages to the chip.
    pub round_trips: u32,
}

impl Proven {
    /// What the chip proved, for a verdict.
    #[must_use]
    pub fn proofs(&self) -> Vec<Proof<'_>> {
        let active = self.reading.active_authentication.as_ref().and_then(|given| {
            let answer = given.outcome.as_deref().ok()?;
            Some(Proof::ActiveAuthentication { challenge: given.challenge, answer })
        });
        let agreed = self.chip_authentication.as_ref().map(Proof::ChipAuthentication);
        let mapped = self.pace_cam.as_ref().map(Proof::PaceCam);
        active.into_iter().chain(agreed).chain(mapped).collect()
    }
}

/// What PACE with chip authentication mapping showed.
pub(super) fn by_mapping(reading: &Reading) -> Option<PaceCamProof> {
    let AccessControl::Pace { group: Group::Curve(curve), .. } = reading.access else {
        return None;
    };
    let security = reading.files.get(&FileId::CardSecurity)?;
    prove_by_pace(reading.chip_authentication.as_ref()?, security, curve)
}
