//! Chip authentication behind a read that the phone makes itself: the server's ephemeral key is kept sealed in the database
//! until the chip's answer comes (PROTOCOLS.md section 7). A key is good for one answer, bound to case, app, chip session
//! and DG14, for 60 s.

use super::challenge::LIFETIME;
use crate::caller::App;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use chip::apdu::Response;
use chip::chip_authentication::{ChipProof, Dg14, begin_by, random_bytes};
use recovery::Rejection;
use recovery::id::{CaseId, InstanceId, PersonId};
use recovery::policy::Policy;
use recovery::time::Timestamp;
use sha2::{Digest, Sha256};
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};
use zeroize::Zeroizing;

store::row_ids! {
    /// A key agreement with a chip: a hash of case and chip session.
    pub(super) AgreementId;
}

/// The commands that begin chip authentication, which the phone passes on to the chip.
#[derive(Debug)]
pub struct Agreement {
    /// Plain commands that the phone protects under the session keys of its read; the chip must answer each with 9000.
    pub protect: Vec<Vec<u8>>,
    /// The command that follows them, passed on unchanged.
    pub forward: Vec<u8>,
    /// The number of combinations to try: a key that DG14 offers, and a way to send the ephemeral key to the chip.
    pub ways: usize,
    /// Seconds until the reading has to arrive.
    pub seconds_left: u64,
}

/// The row of one key agreement that waits for the chip's answer.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Agreeing {
    id: AgreementId,
    person: PersonId,
    instance: InstanceId,
    /// The seed from which the ephemeral key is derived: the same octets make it again.
    seed: Zeroizing<Vec<u8>>,
    /// The index of the combination that is tried.
    way: u8,
    /// SHA-256 of the DG14 whose key is to be proven.
    dg14: [u8; 32],
    /// When the agreement expires.
    pub(super) until: Timestamp,
}

impl std::fmt::Debug for Agreeing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agreeing").field("way", &self.way).finish_non_exhaustive()
    }
}

impl Aggregate for Agreeing {
    type Id = AgreementId;
    const KIND: Kind = kinds::AGREEMENT;

    fn id(&self) -> AgreementId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until)
    }
}

store::stored! { struct Agreeing { id, person, instance, seed, way, dg14, until } }

impl Agreeing {
    /// The proof of presence, if the answer is protected under the keys that only the chip with this DG14 can have agreed.
    pub(super) fn proven(&self, dg14: &[u8], answer: &[u8]) -> Option<ChipProof> {
        // The same seed with another group would make another key of it: it is used with the file it was drawn for.
        if self.dg14 != <[u8; 32]>::from(Sha256::digest(dg14)) {
            return None;
        }
        let dg14 = Dg14::from_file(dg14).ok()?;
        let (offer, handover) = dg14.ways().nth(usize::from(self.way))?;
        let (_, pending) = begin_by(&dg14, offer, handover, &self.seed).ok()?;
        pending.finish(&Response::parse(answer).ok()?).ok()
    }
}

impl Service {
    /// Begins chip authentication over the session of a phone's read, with an ephemeral key that never leaves the server.
    ///
    /// # Errors
    ///
    /// `out-of-order` where the case waits for no chip; `challenge-used` for a chip session that had one;
    /// `no-chip-authentication` where DG14 offers none, or no combination of this index.
    pub async fn agree_with_chip(
        &self,
        app: &App,
        case: CaseId,
        chip_session: &[u8; 16],
        dg14: &[u8],
        way: u8,
    ) -> Result<Agreement, Failure> {
        let none = || Failure::refused(RefusalCode::NoChipAuthentication);
        let parsed = Dg14::from_file(dg14).map_err(|_| none())?;
        let (offer, handover) = parsed.ways().nth(usize::from(way)).ok_or_else(none)?;
        let mut seed = Zeroizing::new(vec![0; random_bytes(offer)]);
        self.parts().random.fill(&mut seed);
        let (relay, _) = begin_by(&parsed, offer, handover, &seed)
            .map_err(|error| Failure::fault("keys could not be agreed", error))?;
        let protect: Result<Vec<_>, _> =
            relay.agree.iter().map(chip::apdu::Command::encode).collect();
        let commands = protect.and_then(|protect| Ok((protect, relay.read.encode()?)));
        let (protect, forward) =
            commands.map_err(|error| Failure::fault("a command has no form", error))?;
        attempt!(self, |work| {
            let loaded = work.chip_case(app, case).await?;
            if !loaded.case.awaits_chip() {
                return Err(Rejection::OutOfOrder.into());
            }
            if work.agreement(app, case, chip_session).await?.is_some() {
                return Err(Failure::refused(RefusalCode::ChallengeUsed));
            }
            let agreeing = Agreeing {
                id: self.agreement_id(case, chip_session),
                person: app.person(),
                instance: app.instance(),
                seed: seed.clone(),
                way,
                dg14: Sha256::digest(dg14).into(),
                until: work.now().plus(LIFETIME),
            };
            work.insert(&agreeing);
            Ok(())
        })?;
        let ways = parsed.ways().count();
        Ok(Agreement { protect, forward, ways, seconds_left: LIFETIME.as_secs_rounded_up() })
    }

    fn agreement_id(&self, case: CaseId, chip_session: &[u8; 16]) -> AgreementId {
        AgreementId(self.chip_session_id("chip agreement", case, chip_session))
    }
}

impl Work<'_> {
    /// The agreement of this chip session, expired or not.
    pub(super) async fn agreement(
        &mut self,
        app: &App,
        case: CaseId,
        chip_session: &[u8; 16],
    ) -> Result<Option<Agreeing>, Failure> {
        let id = self.service.agreement_id(case, chip_session);
        let found = self.get::<Agreeing>(id).await?;
        Ok(found.filter(|agreeing| agreeing.instance == app.instance()))
    }
}
