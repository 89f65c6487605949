//! The chip + face route, which needs no other person: first the chip of a document, then the face (PROTOCOLS.md sections 6
//! and 7).

mod agreement;
mod capture;
mod capturing;
mod challenge;
mod face_try;
mod frame;
mod reading;
mod relayed;
#[cfg(test)]
mod tests;

use crate::caller::App;
use crate::state::OpenGrant;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::Rejection;
use recovery::case::{Case, ChipFaceEvent, ChipFaceStage, Closed, Event, Stage};
use recovery::grant::Grant;
use recovery::id::CaseId;
use recovery::route::NextStep;
use recovery::time::Timestamp;
use registers::PersonRef;
use store::rows::case::StoredCase;

pub use agreement::Agreement;
pub use capturing::{CaptureProgress, Way};
pub use face::prompt::Movement;
pub use face::{Light, Prompt, Step};
pub use face_try::FaceCapture;
pub use frame::{CapturedFrame, Hint, KeptFrame};
pub use reading::ChipReading;
pub use relayed::{Accepted, RelayEnd, Relayed};

/// The largest number of frames of one capture.
pub const FRAMES_MAX: usize = 12;
/// The largest frame, in bytes.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;

/// The progress of a chip + face case, as its app sees it.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The case.
    pub case: CaseId,
    /// What the app has to do next.
    pub step: Next,
    /// Seconds until the case lapses.
    pub seconds_left: u64,
}

/// What the app has to do next in a chip + face case.
#[derive(Clone, Debug)]
pub enum Next {
    /// Read the chip of a document.
    Chip {
        /// Whether the person has a P code, which comes with the reading.
        p_code_given: bool,
        /// Whether the server reads the chip through the phone, and not the phone by itself.
        read_by_server: bool,
    },
    /// Capture the face.
    Face {
        /// Whether somebody who cannot turn the head may come nearer instead.
        coming_nearer: bool,
        /// Whether the screen may light the face with colours.
        coloured_light: bool,
        /// Face tries that remain.
        tries_left: u8,
        /// The reason why the last face try was not enough.
        last_reason: Option<RefusalCode>,
    },
    /// Choose a new PIN under this grant.
    NewPin(Box<OpenGrant>),
    /// The case is closed. The app gets the same answer for the document of another person as for one that is not genuine.
    Refused {
        /// The reason why the case ended, as far as the app may know.
        code: RefusalCode,
        /// What the person can do.
        next_step: NextStep,
    },
    /// A new PIN was set and the case is over.
    Completed,
}

impl Service {
    /// The progress of a chip + face case of this instance.
    ///
    /// # Errors
    ///
    /// `not-found`.
    pub async fn chip_face_progress(&self, app: &App, case: CaseId) -> Result<Progress, Failure> {
        let mut work = Work::begin(self).await?;
        let loaded = work.chip_case(app, case).await?;
        work.progress(&loaded.case, None).await
    }

    /// Opens a case with consent to the face comparison, or returns the one that is open.
    ///
    /// # Errors
    ///
    /// The reason of the refusal, which is told to the signed app alone.
    pub async fn start_chip_face(
        &self,
        app: &App,
        consent_version: u32,
        p_code_given: bool,
    ) -> Result<Progress, Failure> {
        self.refresh_status(app).await?;
        attempt!(self, |work| {
            if let Some(open) = work.open_chip_case(app).await? {
                return work.progress(&open.case, None).await;
            }
            work.refuse_frozen(app).await?;
            let policy = self.parts().policy.clone();
            let now = work.now();
            let person = work.load_person(app.person()).await?;
            let instance = work.instance(app).await?;
            let id = CaseId(self.draw_id());
            let opened = Case::open_chip_face(id, &person, &instance, &policy, now)
                .map_err(Failure::refused)?;
            let consent =
                ChipFaceEvent::ConsentGiven { text_version: consent_version, p_code_given };
            let agreed = opened.next.apply(consent, &policy, now)?;
            let case = work.take(app.person(), opened.then(agreed));
            work.insert(&StoredCase::begin(case.clone()));
            work.progress(&case, None).await
        })
    }

    /// Cancels the case, as the person asked for in the app.
    ///
    /// # Errors
    ///
    /// `case-closed` where there is nothing to cancel.
    pub async fn cancel_chip_face(&self, app: &App, id: CaseId) -> Result<Progress, Failure> {
        attempt!(self, |work| {
            let loaded = work.chip_case(app, id).await?;
            let policy = self.parts().policy.clone();
            let step = loaded.case.apply(Event::Stopped { veto: None }, &policy, work.now())?;
            let next = work.take(app.person(), step);
            work.set(&loaded.after(next.clone()));
            work.progress(&next, None).await
        })
    }

    /// Asks the register again for the person's status: no recovery for a person who is dead or whose national number is
    /// annulled.
    pub(crate) async fn refresh_status(&self, app: &App) -> Result<(), Failure> {
        let mut work = Work::begin(self).await?;
        let identity = work
            .get::<store::rows::identity::Identity>(app.person())
            .await?
            .ok_or_else(|| Failure::fault("a person has no identity", "missing identity"))?;
        let Ok(person_ref) = PersonRef::parse(identity.operator_id.expose()) else {
            return Ok(());
        };
        let status = self.status_of(&person_ref).await?;
        attempt!(self, |work| {
            let person = work.load_person(app.person()).await?;
            if person.status != status {
                let mut next = person;
                next.status = status;
                work.say(
                    app.person(),
                    recovery::event::JournalEvent::StatusChanged { person: app.person() },
                );
                work.set(&next);
            }
            Ok(())
        })
    }
}

impl Work<'_> {
    /// The chip + face case with this id, if it belongs to this instance.
    pub(crate) async fn chip_case(&mut self, app: &App, id: CaseId) -> Result<StoredCase, Failure> {
        self.get::<StoredCase>(id)
            .await?
            .filter(|loaded| loaded.case.person() == Some(app.person()))
            .ok_or_else(|| Failure::refused(RefusalCode::NotFound))
    }

    /// The progress of a case, as its app may see it.
    pub(crate) async fn progress(
        &mut self,
        case: &Case,
        last_reason: Option<RefusalCode>,
    ) -> Result<Progress, Failure> {
        let policy = self.service.parts().policy.clone();
        let now: Timestamp = self.now();
        let refused = |code, next_step| Next::Refused { code, next_step };
        let step = match &case.stage {
            Stage::ChipFace(at) => match &at.stage {
                ChipFaceStage::AwaitingConsent => return Err(Rejection::OutOfOrder.into()),
                ChipFaceStage::AwaitingChip { p_code_given, .. } => {
                    let read_by_server = policy.chip_face.read_by_server;
                    Next::Chip { p_code_given: *p_code_given, read_by_server }
                }
                ChipFaceStage::AwaitingFace { tries, .. } => Next::Face {
                    coming_nearer: self.service.offers_coming_nearer(),
                    coloured_light: self.service.offers_light(),
                    tries_left: policy.chip_face.face_tries_max.saturating_sub(*tries),
                    last_reason,
                },
            },
            Stage::Granted(_) => {
                let grant = Grant::of_case(case)?;
                // The grant is only shown. As it was saved it may be further on; what the app needs is its id and time.
                let stored = self.glance::<Grant>(grant.id).await?;
                Next::NewPin(Box::new(self.with_birth_date(stored.unwrap_or(grant)).await?))
            }
            Stage::Closed(Closed::Completed { .. }) => Next::Completed,
            Stage::Closed(Closed::Refused { reason, .. }) => {
                refused((*reason).into(), reason.next_step())
            }
            Stage::Closed(Closed::Stopped { .. }) => {
                refused(RefusalCode::CaseStopped, NextStep::OtherRoute)
            }
            Stage::Closed(Closed::Lapsed { .. }) => {
                refused(Rejection::CaseExpired.into(), NextStep::OtherRoute)
            }
            Stage::Phone(_) | Stage::Desk(_) | Stage::Waiting(_) | Stage::Issued(_) => {
                return Err(Rejection::OutOfOrder.into());
            }
        };
        let seconds_left = case.deadline(&policy).map_or(0, |deadline| deadline.seconds_from(now));
        Ok(Progress { case: case.id, step, seconds_left })
    }
}
