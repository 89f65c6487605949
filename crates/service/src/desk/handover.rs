//! Issuing the temporary PIN at the desk (PROTOCOLS.md section 5). No reply of the desk carries the code.

use crate::caller::Clerk;
use crate::desk::{AtDesk, DeskCase};
use crate::numbers::NumberNews;
use crate::screen::Showing;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::case::{Delivery, DeskEvent, DeskStage, Issue, Stage};
use recovery::chaining::admit;
use recovery::effect::Medium;
use recovery::event::JournalEvent;
use recovery::id::{CaseId, InstanceId, PersonId, StaffId};
use recovery::rejection::Rejection;
use recovery::route::Route;
use recovery::staff::count_code_shown;
use recovery::time::Instants;
use store::rows::codes_shown::CodesShown;
use store::rows::desk_notes::DeskNotes;

/// What became of a request to issue a temporary PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    /// The code is on its way to the registered number.
    Sent,
    /// A paired screen shows the code to the person.
    OnScreen,
    /// The rules refused it; the case has the reason.
    Refused,
}

impl Service {
    /// Issues a temporary PIN after the rules have decided once more. The clerk never sees the code.
    ///
    /// # Errors
    ///
    /// `second-clerk-needed`, `unbound`, `out-of-order`, `not-your-case`; for a screen `screen-not-paired`, `screen-busy` and
    /// `codes-shown-cap-reached`; `paper-not-configured`.
    pub async fn issue_at_desk(
        &self,
        clerk: &Clerk,
        case: CaseId,
        delivery: Delivery,
        instance: Option<InstanceId>,
    ) -> Result<Issued, Failure> {
        let news = match (delivery, self.identified_at_desk(clerk, case).await?) {
            (Delivery::Sms, Some(person)) => self.ask_about_number(person).await?,
            (Delivery::Sms | Delivery::Reveal(_), _) => None,
        };
        let outcome = attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            work.issue_at_desk(clerk, &at_desk, (delivery, instance), news).await
        });
        self.noting_own_case(outcome, case, clerk.member().id).await
    }

    /// The person who was identified, where a code is about to be issued.
    async fn identified_at_desk(
        &self,
        clerk: &Clerk,
        case: CaseId,
    ) -> Result<Option<PersonId>, Failure> {
        let mut work = Work::begin(self).await?;
        let at_desk = work.at_desk(clerk, case).await?;
        let Some(DeskStage::Identified { person, .. }) = at_desk.stage() else { return Ok(None) };
        Ok(Some(*person))
    }

    /// Records that the person has lost the registered number, or cannot receive messages on it. A second clerk has to
    /// confirm it, and then the code may be shown.
    ///
    /// # Errors
    ///
    /// `not-found`, `not-your-case`, `out-of-order`.
    pub async fn number_is_lost(&self, clerk: &Clerk, case: CaseId) -> Result<DeskCase, Failure> {
        attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            if at_desk.notes.clerk != clerk.member().id {
                return Err(Rejection::NotYourCase.into());
            }
            if !matches!(at_desk.stage(), Some(DeskStage::Identified { .. })) {
                return Err(Rejection::OutOfOrder.into());
            }
            let notes = DeskNotes { number_lost: true, ..at_desk.notes };
            work.set(&notes);
            Ok(())
        })?;
        self.desk_case(clerk, case).await
    }
}

impl Work<'_> {
    async fn issue_at_desk(
        &mut self,
        clerk: &Clerk,
        at_desk: &AtDesk,
        (delivery, instance): (Delivery, Option<InstanceId>),
        news: Option<NumberNews>,
    ) -> Result<Issued, Failure> {
        let Some(DeskStage::Identified { person, second_clerk, .. }) = at_desk.stage() else {
            return Err(Rejection::OutOfOrder.into());
        };
        let (policy, now) = (self.service.parts().policy.clone(), self.now());
        let person = self.load_person(*person).await?;
        // Said before the rules refuse for good: a colleague may stand at the next desk.
        let two =
            admit(&person, Route::Desk, &policy, now).is_ok_and(|admission| admission.two_clerks());
        if two && second_clerk.is_none() {
            return Err(Rejection::SecondClerkNeeded.into());
        }
        let known = self.learn_of_number(&person, news)?;
        let by = self.beside(clerk.member(), person.id).await?;
        let slot = self.temporary_pin_of(person.id).await?;
        let code = self.draw_code(person.id, at_desk.id());
        let temporary_pin = code.id;
        let issue = Issue { person: &known, slot: &slot, code: &code, veto: self.new_veto() };
        let next =
            self.apply_desk(at_desk, DeskEvent::Issue { by: &by, issue, delivery, instance })?;
        if known != person {
            self.set(&known);
        }
        if !matches!(next.stage, Stage::Issued(_)) {
            return Ok(Issued::Refused);
        }
        let (medium, screen) = match delivery {
            Delivery::Sms => ("sms", None),
            Delivery::Reveal(medium @ Medium::Screen(screen)) => (medium.code(), Some(screen)),
            // No printer can be named yet, and what is not configured is refused.
            Delivery::Reveal(Medium::Paper) => {
                return Err(Failure::refused(RefusalCode::PaperNotConfigured));
            }
        };
        let clerk = clerk.member().id;
        let said = JournalEvent::CodeMedium { temporary_pin, clerk, medium, screen };
        self.say(person.id, said);
        let Some(screen) = screen else { return Ok(Issued::Sent) };
        self.count_shown(clerk).await?;
        let showing = Showing { temporary_pin, person: person.id, fetched_at: None };
        self.show_on(screen, at_desk.notes.centre, showing).await?;
        Ok(Issued::OnScreen)
    }

    /// Counts one more code shown or printed for this clerk, and refuses where the cap is reached.
    async fn count_shown(&mut self, clerk: StaffId) -> Result<(), Failure> {
        let before = self.get::<CodesShown>(clerk).await?.map_or(Instants::EMPTY, |it| it.at);
        let policy = self.service.parts().policy.clone();
        let at = count_code_shown(&before, &policy, self.now())?;
        self.set(&CodesShown { clerk, at });
        Ok(())
    }
}
