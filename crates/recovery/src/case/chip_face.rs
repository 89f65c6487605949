//! The chip + face route: consent, a genuine chip of the person's own document, and the face.

use chip::date::Date;
use chip::verdict::Presence;
use face::{Comparison, FaceResult, LightSeen, Liveness, Missing};

use crate::authenticator::Authenticator;
use crate::case::code::GrantOf;
use crate::case::{Case, CaseApp, CaseState, Event, Ground, RefusalReason, Route};
use crate::chaining::admit;
use crate::effect::Step;
use crate::event::JournalEvent;
use crate::evidence::{ChipJudged, JudgedChip};
use crate::id::{CaseId, PCodeId};
use crate::person::Person;
use crate::policy::{ColouredLight, Policy};
use crate::rejection::Rejection;
use crate::sensitive::{KeyedHash, Sensitive};
use crate::time::Timestamp;

/// Explicit consent to the comparison of faces (GDPR Art. 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Consent {
    /// Which version of the text was shown.
    pub text_version: u32,
    pub at: Timestamp,
}

/// What is kept of a verified chip: enough to justify the decision, and no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipEvidence {
    pub issuing_state: String,
    pub number: Sensitive<String>,
    /// Keyed hash of issuing state and number.
    pub document: KeyedHash,
    pub expires_on: Date,
    pub presence: Presence,
    /// SHA-256 of the portrait; the face has to be compared with this one.
    pub portrait: [u8; 32],
    /// The P code that made the document the person's.
    pub p_code: Option<PCodeId>,
    pub verified_at: Timestamp,
}

impl ChipEvidence {
    /// The document, where its chip could not prove that it was there.
    #[must_use]
    pub const fn document_without_presence(&self) -> Option<KeyedHash> {
        match self.presence {
            Presence::NotOffered => Some(self.document),
            Presence::Proven(_) => None,
        }
    }
}

impl Case {
    /// Opens a case in an app, and counts it against the person's 3 in 24 hours.
    ///
    /// # Errors
    ///
    /// The [`RefusalReason`] where the person may not go this way now; only the signed app hears it.
    pub fn open_chip_face(
        id: CaseId,
        person: &Person,
        app: &Authenticator,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(Step<Self>, Step<Person>), RefusalReason> {
        if app.person != person.id || !app.is_recoverable() || !person.has_app(app.id) {
            return Err(RefusalReason::NoAppBound);
        }
        admit(person, Route::ChipFace, policy, now)?;
        let counted =
            person.count_chip_case(policy, now).map_err(|_| RefusalReason::TooManyCases)?;
        let app = CaseApp { person: person.id, instance: app.id };
        let case = Self { id, opened_at: now, state: CaseState::AwaitingConsent { app } };
        let said = JournalEvent::CaseOpened { case: id, route: Route::ChipFace };
        Ok((Step::to(case).saying(said), counted))
    }

    pub(super) fn apply_chip_face(
        &self,
        event: Event<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        match (&self.state, event) {
            (
                CaseState::AwaitingConsent { app },
                Event::ConsentGiven { text_version, p_code_given },
            ) => {
                let consent = Consent { text_version, at: now };
                let state =
                    CaseState::AwaitingChip { app: *app, consent, p_code_given, wrong_p_codes: 0 };
                Ok(Step::to(self.in_state(state))
                    .saying(JournalEvent::FaceConsentGiven { case: self.id, text_version }))
            }
            (CaseState::AwaitingConsent { .. }, Event::ConsentRefused) => {
                Ok(self.refuse(RefusalReason::ConsentRefused, now))
            }
            // A lost tag costs nothing, however often; the chip proves itself again.
            (CaseState::AwaitingChip { .. }, Event::ChipReadBroken) => {
                Ok(Step::to(self.clone()).saying(JournalEvent::ChipReadBroken { case: self.id }))
            }
            (CaseState::AwaitingChip { .. }, Event::ChipRefused) => {
                let step = self.refuse(RefusalReason::ChipNotGenuine, now);
                Ok(step.saying(JournalEvent::ChipRefused { case: self.id }))
            }
            (CaseState::AwaitingChip { .. }, Event::ChipVerified { judged }) => {
                self.chip_verified(judged, policy, now)
            }
            (
                CaseState::AwaitingFace { chip, .. },
                Event::FaceCompared { comparison, portrait, person, grant, veto },
            ) => {
                if portrait != chip.portrait {
                    return Err(Rejection::AnotherPortrait);
                }
                self.face_compared(comparison, person, GrantOf { grant, veto }, policy, now)
            }
            _ => Err(Rejection::OutOfOrder),
        }
    }

    fn chip_verified(
        &self,
        judged: ChipJudged,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        let CaseState::AwaitingChip { app, consent, wrong_p_codes, .. } = &self.state else {
            return Err(Rejection::OutOfOrder);
        };
        if judged.person() != app.person {
            return Err(Rejection::OutOfOrder);
        }
        Ok(match judged.into_outcome() {
            JudgedChip::Theirs(chip) => {
                let state =
                    CaseState::AwaitingFace { app: *app, consent: *consent, chip, tries: 0 };
                Step::to(self.in_state(state)).saying(JournalEvent::ChipVerified { case: self.id })
            }
            JudgedChip::WrongPCode => {
                self.wrong_p_code(*app, *consent, *wrong_p_codes, policy, now)
            }
            JudgedChip::Refused(reason) => {
                let step = self.refuse(reason, now);
                step.saying(JournalEvent::NotTheirDocument { case: self.id })
            }
        })
    }

    /// A wrong pairing counts against the case; the caller counts it against the app as well
    /// ([`Authenticator::count_wrong_p_code`]), and nothing counts it against the code.
    fn wrong_p_code(
        &self,
        app: CaseApp,
        consent: Consent,
        wrong_before: u8,
        policy: &Policy,
        now: Timestamp,
    ) -> Step<Self> {
        let wrong_p_codes = wrong_before.saturating_add(1);
        let said = JournalEvent::PCodePairedWrongly { case: self.id, instance: app.instance };
        if wrong_p_codes >= policy.p_code.wrong_pairings_per_day_max {
            return self.refuse(RefusalReason::PCodeTriesUsed, now).saying(said);
        }
        let state = CaseState::AwaitingChip { app, consent, p_code_given: true, wrong_p_codes };
        Step::to(self.in_state(state)).saying(said)
    }

    fn face_compared(
        &self,
        comparison: &Comparison,
        person: &Person,
        granted: GrantOf,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        let CaseState::AwaitingFace { app, consent, chip, tries } = &self.state else {
            return Err(Rejection::OutOfOrder);
        };
        if person.id != app.person {
            return Err(Rejection::OutOfOrder);
        }
        let rules = &policy.chip_face;
        let live = match comparison.liveness() {
            Liveness::NotChecked if rules.liveness_required => {
                return Err(Rejection::LivenessNotChecked);
            }
            Liveness::NotChecked | Liveness::Passed => true,
            Liveness::Failed(_) => false,
        };
        if rules.passive_pad_required && comparison.missing().contains(&Missing::PassivePad) {
            return Err(Rejection::PassivePadMissing);
        }
        if rules.second_embedding_required
            && comparison.missing().contains(&Missing::SecondEmbedding)
        {
            return Err(Rejection::SecondEmbeddingMissing);
        }
        let tries = tries.saturating_add(1);
        let said =
            JournalEvent::FaceCompared { case: self.id, comparison: comparison.clone(), tries };
        let matched = match comparison.result() {
            FaceResult::Match => {
                let is_dark = comparison.light() == Some(LightSeen::NotSeen)
                    && rules.coloured_light == ColouredLight::Decides;
                let is_hidden = !comparison.covered().is_empty() && rules.uncovered_face_required;
                live && !is_hidden && !is_dark
            }
            FaceResult::TryAgain(_) | FaceResult::NoMatch => false,
        };
        let step = if matched {
            match admit(person, Route::ChipFace, policy, now) {
                Ok(_) => {
                    let ground = Ground::ChipFace { chip: chip.clone(), face_tries: tries };
                    self.grant(app.person, ground, app.instance, granted, now)
                }
                Err(reason) => self.refuse(reason, now),
            }
        } else if tries < rules.face_tries_max {
            let (app, consent, chip) = (*app, *consent, chip.clone());
            Step::to(self.in_state(CaseState::AwaitingFace { app, consent, chip, tries }))
        } else {
            self.refuse(RefusalReason::FaceTriesUsed, now)
        };
        let journal = core::iter::once(said).chain(step.journal).collect();
        Ok(Step { journal, ..step })
    }
}
