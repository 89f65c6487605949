//! Challenges for active authentication: random, single use, bound to case, app and chip session, 60 s.

use super::Service;
use crate::caller::App;
use crate::work::Work;
use crate::{Failure, RefusalCode};
use recovery::Rejection;
use recovery::id::CaseId;
use recovery::time::Duration;
pub(super) use store::rows::challenge::{Challenge, ChallengeId};

/// How long a challenge is valid (PROTOCOLS.md section 7).
pub(super) const LIFETIME: Duration = Duration::from_secs(60);

impl Service {
    /// Issues the challenge of one chip session, which the phone fetches after access control. Every chip session needs a
    /// challenge of its own.
    ///
    /// # Errors
    ///
    /// `out-of-order` where the case waits for no chip; `challenge-used` for a chip session that had one.
    pub async fn chip_challenge(
        &self,
        app: &App,
        case: CaseId,
        chip_session: &[u8; 16],
    ) -> Result<([u8; 8], u64), Failure> {
        let bytes = self.draw();
        attempt!(self, |work| {
            let loaded = work.chip_case(app, case).await?;
            if !loaded.case.awaits_chip() {
                return Err(Rejection::OutOfOrder.into());
            }
            if work.challenge(app, case, chip_session).await?.is_some() {
                return Err(Failure::refused(RefusalCode::ChallengeUsed));
            }
            let challenge = Challenge {
                id: self.challenge_id(case, chip_session),
                person: app.person(),
                instance: app.instance(),
                bytes,
                until: work.now().plus(LIFETIME),
            };
            work.insert(&challenge);
            Ok((bytes, LIFETIME.as_secs_rounded_up()))
        })
    }

    /// The id of the rows that belong to one session with a chip.
    pub(super) fn chip_session_id(
        &self,
        what: &'static str,
        case: CaseId,
        chip_session: &[u8; 16],
    ) -> u128 {
        crate::head(self.parts().keys.code_hash(what, &[&case.0.to_be_bytes(), chip_session]))
    }

    fn challenge_id(&self, case: CaseId, chip_session: &[u8; 16]) -> ChallengeId {
        ChallengeId(self.chip_session_id("chip session", case, chip_session))
    }
}

impl Work<'_> {
    /// The challenge of this chip session, used or not.
    pub(super) async fn challenge(
        &mut self,
        app: &App,
        case: CaseId,
        chip_session: &[u8; 16],
    ) -> Result<Option<Challenge>, Failure> {
        let id = self.service.challenge_id(case, chip_session);
        let found = self.get::<Challenge>(id).await?;
        Ok(found.filter(|challenge| challenge.instance == app.instance()))
    }
}
