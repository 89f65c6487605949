//! The chip + face route: consent, a genuine chip of the person's own document, and a face that matches its portrait.

use chip::date::Date;
use chip::verdict::Presence;
use face::{Comparison, FaceResult, LightSeen, Liveness, Missing};

use crate::authenticator::Authenticator;
use crate::case::{Case, GrantOf, Ground};
use crate::chaining::admit;
use crate::decision::Decision;
use crate::event::JournalEvent;
use crate::evidence::{ChipJudged, JudgedChip};
use crate::id::{CaseId, InstanceId, PCodeId, PersonId};
use crate::person::Person;
use crate::policy::{ColouredLight, Policy};
use crate::rejection::Rejection;
use crate::route::{RefusalReason, Route};
use crate::sensitive::{KeyedHash, Sensitive};
use crate::time::Timestamp;

/// A case on the chip + face route, until chip and face have decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipFaceCase {
    pub app: CaseApp,
    pub stage: ChipFaceStage,
}

/// The person and the app instance that opened a chip + face case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CaseApp {
    pub person: PersonId,
    pub instance: InstanceId,
}

/// The stage of a chip + face case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChipFaceStage {
    /// The person is asked for explicit consent; no face is compared without it.
    AwaitingConsent,
    /// The chip of the document is to be read. The case counts the P codes that did not fit.
    AwaitingChip { consent: Consent, p_code_given: bool, wrong_p_codes: u8 },
    /// The chip is genuine and the document is the person's; the face is to be compared. `tries` counts the
    /// comparisons.
    AwaitingFace { consent: Consent, chip: ChipEvidence, tries: u8 },
}

impl ChipFaceStage {
    /// The stable code of the stage.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AwaitingConsent => "awaiting-consent",
            Self::AwaitingChip { .. } => "awaiting-chip",
            Self::AwaitingFace { .. } => "awaiting-face",
        }
    }
}

/// What can happen on the chip + face route.
#[derive(Clone, Debug)]
pub enum ChipFaceEvent<'a> {
    /// The person consents to the comparison of faces, and says whether a P code comes with the document.
    ConsentGiven {
        text_version: u32,
        p_code_given: bool,
    },
    ConsentRefused,
    /// The reading was interrupted: the phone lost the chip or gave up. This counts against nobody.
    ChipReadBroken,
    /// The chip was read to the end and is not genuine, or did not prove what the policy requires.
    ChipRefused,
    /// The chip is genuine; `judged` says whether the document is the person's and suffices.
    ChipVerified {
        judged: ChipJudged,
        /// The app that read the chip; a P code that does not fit counts for it.
        app: &'a Authenticator,
    },
    /// The live face was compared with the portrait on the chip.
    FaceCompared {
        comparison: &'a Comparison,
        /// SHA-256 of the portrait that the face was compared with.
        portrait: [u8; 32],
        person: &'a Person,
        granted: GrantOf,
    },
}

/// Explicit consent to the comparison of faces (GDPR Art. 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Consent {
    /// The version of the consent text that the person was shown.
    pub text_version: u32,
    pub at: Timestamp,
}

/// What is kept of a verified chip: enough to justify the decision later, and no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipEvidence {
    pub issuing_state: String,
    pub number: Sensitive<String>,
    /// Keyed hash of issuing state and document number.
    pub document: KeyedHash,
    pub expires_on: Date,
    /// Whether the chip proved that it was there and is no copy of its data.
    pub presence: Presence,
    /// SHA-256 of the portrait on the chip; the face must be compared with this portrait.
    pub portrait: [u8; 32],
    /// The P code that showed the document to be the person's.
    pub p_code: Option<PCodeId>,
    pub verified_at: Timestamp,
}

impl ChipEvidence {
    /// The keyed hash of the document, where its chip could not prove its presence.
    #[must_use]
    pub const fn document_without_presence(&self) -> Option<KeyedHash> {
        match self.presence {
            Presence::NotOffered => Some(self.document),
            Presence::Proven(_) => None,
        }
    }
}

impl Case {
    /// Opens a case in an app instance, and counts it against the chip + face cases that the person may open in 24
    /// hours.
    ///
    /// # Errors
    ///
    /// The [`RefusalReason`] where the route is closed to the person now; only the app that signed the request is told.
    pub fn open_chip_face(
        id: CaseId,
        person: &Person,
        app: &Authenticator,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, RefusalReason> {
        if app.person != person.id || !app.is_recoverable() || !person.has_app(app.id) {
            return Err(RefusalReason::NoAppBound);
        }
        admit(person, Route::ChipFace, policy, now)?;
        let counted =
            person.count_chip_case(policy, now).map_err(|_| RefusalReason::TooManyCases)?;
        let app = CaseApp { person: person.id, instance: app.id };
        let stage = ChipFaceCase { app, stage: ChipFaceStage::AwaitingConsent }.into();
        let case = Self { id, opened_at: now, stage };
        let said = JournalEvent::CaseOpened { case: id, route: Route::ChipFace };
        Ok(Decision::to(case).saying(said).with(counted))
    }

    pub(super) fn apply_chip_face(
        &self,
        at: &ChipFaceCase,
        event: ChipFaceEvent<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        use ChipFaceEvent as E;
        use ChipFaceStage as S;
        match (&at.stage, event) {
            (S::AwaitingConsent, E::ConsentGiven { text_version, p_code_given }) => {
                let consent = Consent { text_version, at: now };
                let stage = S::AwaitingChip { consent, p_code_given, wrong_p_codes: 0 };
                Ok(self
                    .to(at.with(stage))
                    .saying(JournalEvent::FaceConsentGiven { case: self.id, text_version }))
            }
            (S::AwaitingConsent, E::ConsentRefused) => {
                Ok(self.refuse(RefusalReason::ConsentRefused, now))
            }
            // A lost tag costs nothing, however often; the chip proves itself again.
            (S::AwaitingChip { .. }, E::ChipReadBroken) => {
                Ok(Decision::to(self.clone())
                    .saying(JournalEvent::ChipReadBroken { case: self.id }))
            }
            (S::AwaitingChip { .. }, E::ChipRefused) => {
                let step = self.refuse(RefusalReason::ChipNotGenuine, now);
                Ok(step.saying(JournalEvent::ChipRefused { case: self.id }))
            }
            (S::AwaitingChip { consent, wrong_p_codes, .. }, E::ChipVerified { judged, app }) => {
                self.chip_verified(at, (*consent, *wrong_p_codes), (judged, app), policy, now)
            }
            (
                S::AwaitingFace { consent, chip, tries },
                E::FaceCompared { comparison, portrait, person, granted },
            ) => {
                if portrait != chip.portrait {
                    return Err(Rejection::AnotherPortrait);
                }
                if person.id != at.app.person {
                    return Err(Rejection::OutOfOrder);
                }
                let matched = is_match(comparison, policy)?;
                let tries = tries.saturating_add(1);
                let said = JournalEvent::FaceCompared {
                    case: self.id,
                    comparison: comparison.clone(),
                    tries,
                };
                let step = if matched {
                    match admit(person, Route::ChipFace, policy, now) {
                        Ok(_) => {
                            let ground = Ground::ChipFace { chip: chip.clone(), face_tries: tries };
                            self.grant(person.id, ground, at.app.instance, granted, now)
                        }
                        Err(reason) => self.refuse(reason, now),
                    }
                } else if tries < policy.chip_face.face_tries_max {
                    let (consent, chip) = (*consent, chip.clone());
                    self.to(at.with(S::AwaitingFace { consent, chip, tries }))
                } else {
                    self.refuse(RefusalReason::FaceTriesUsed, now)
                };
                let journal = core::iter::once(said).chain(step.journal).collect();
                Ok(Decision { journal, ..step })
            }
            _ => Err(Rejection::OutOfOrder),
        }
    }

    fn chip_verified(
        &self,
        at: &ChipFaceCase,
        (consent, wrong_before): (Consent, u8),
        (judged, app): (ChipJudged, &Authenticator),
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        if judged.person() != at.app.person || app.person != at.app.person {
            return Err(Rejection::OutOfOrder);
        }
        Ok(match judged.into_outcome() {
            JudgedChip::Theirs(chip) => self
                .to(at.with(ChipFaceStage::AwaitingFace { consent, chip, tries: 0 }))
                .saying(JournalEvent::ChipVerified { case: self.id }),
            // A wrong pairing counts against the case and against the app, and nothing counts it against the code.
            JudgedChip::WrongPCode => {
                let counted = app.count_wrong_p_code(policy, now)?;
                let instance = at.app.instance;
                let said = JournalEvent::PCodePairedWrongly { case: self.id, instance };
                let wrong_p_codes = wrong_before.saturating_add(1);
                if wrong_p_codes >= policy.p_code.wrong_pairings_per_day_max {
                    let refused = self.refuse(RefusalReason::PCodeTriesUsed, now);
                    return Ok(refused.saying(said).with(counted));
                }
                let p_code_given = true;
                let stage = ChipFaceStage::AwaitingChip { consent, p_code_given, wrong_p_codes };
                self.to(at.with(stage)).saying(said).with(counted)
            }
            JudgedChip::Refused(reason) => {
                let step = self.refuse(reason, now);
                step.saying(JournalEvent::NotTheirDocument { case: self.id })
            }
        })
    }
}

impl ChipFaceCase {
    const fn with(&self, stage: ChipFaceStage) -> Self {
        Self { app: self.app, stage }
    }
}

/// Whether a comparison of faces is a match under the policy.
///
/// # Errors
///
/// A [`Rejection`] where a check that the policy requires was not made.
fn is_match(comparison: &Comparison, policy: &Policy) -> Result<bool, Rejection> {
    let rules = &policy.chip_face;
    let missing = |check| comparison.missing().contains(&check);
    let live = match comparison.liveness() {
        Liveness::NotChecked if rules.liveness_required => {
            return Err(Rejection::LivenessNotChecked);
        }
        Liveness::NotChecked | Liveness::Passed => true,
        Liveness::Failed(_) => false,
    };
    if rules.passive_pad_required && missing(Missing::PassivePad) {
        return Err(Rejection::PassivePadMissing);
    }
    if rules.second_embedding_required && missing(Missing::SecondEmbedding) {
        return Err(Rejection::SecondEmbeddingMissing);
    }
    let is_dark = comparison.light() == Some(LightSeen::NotSeen)
        && rules.coloured_light == ColouredLight::Decides;
    let is_hidden = !comparison.covered().is_empty() && rules.uncovered_face_required;
    Ok(match comparison.result() {
        FaceResult::Match => live && !is_hidden && !is_dark,
        FaceResult::TryAgain(_) | FaceResult::NoMatch => false,
    })
}
