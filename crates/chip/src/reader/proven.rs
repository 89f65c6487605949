//! What came of a reading by whoever holds every key.

use super::reading::{ActiveAuthentication, Reading};
use crate::chip_authentication::{ChipProof, PaceCamProof};
use crate::verdict::{PresenceProof, Proof};

/// What was read and what the chip proved in these sessions.
#[derive(Debug)]
pub struct Proven {
    /// What was read.
    pub reading: Reading,
    /// Chip authentication, with an ephemeral key that was drawn here.
    pub chip_authentication: Option<ChipProof>,
    /// The chip refused every way of every key of DG14 that can be tried.
    pub agreement_refused: bool,
    /// The chip answered under other keys than the agreed ones.
    pub agreement_fails: bool,
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
    /// What the chip proved and what it refused to prove, for a verdict.
    #[must_use]
    pub fn proofs(&self) -> Vec<Proof<'_>> {
        let reading = &self.reading;
        let mut proofs: Vec<Proof<'_>> = Vec::new();
        proofs.extend(reading.active_authentication.as_ref().map(signature));
        proofs.extend(reading.earlier_signatures.iter().map(signature));
        proofs.extend(self.chip_authentication.as_ref().map(Proof::ChipAuthentication));
        proofs.extend(self.pace_cam.as_ref().map(Proof::PaceCam));
        if self.agreement_refused {
            proofs.push(Proof::Refused(PresenceProof::ChipAuthentication));
        }
        if self.agreement_fails {
            proofs.push(Proof::Fails(PresenceProof::ChipAuthentication));
        }
        if reading.mapping_fails {
            proofs.push(Proof::Fails(PresenceProof::PaceCam));
        }
        proofs
    }
}

fn signature(given: &ActiveAuthentication) -> Proof<'_> {
    match &given.outcome {
        Ok(answer) => Proof::ActiveAuthentication { challenge: given.challenge, answer },
        Err(_) => Proof::Refused(PresenceProof::ActiveAuthentication),
    }
}
