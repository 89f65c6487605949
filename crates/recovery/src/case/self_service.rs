//! The self-service route: a wait that the person can stop, and then a temporary PIN.

use super::issue::Handover;
use super::{Case, Ground, Issue};
use crate::chaining::admit;
use crate::decision::Decision;
use crate::effect::{Effect, Notice};
use crate::event::JournalEvent;
use crate::id::{CaseId, PersonId, VetoId};
use crate::person::Person;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::route::{RefusalReason, Route};
use crate::time::Timestamp;

/// The stage of a self-service case in which the person waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub person: PersonId,
    pub until: Timestamp,
}

impl Case {
    /// Opens a self-service case: a wait that can be stopped, then a temporary PIN.
    ///
    /// # Errors
    ///
    /// The [`RefusalReason`] where the route is closed to the person now.
    pub fn open_self_service(
        id: CaseId,
        person: &Person,
        veto: VetoId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, RefusalReason> {
        admit(person, Route::SelfService, policy, now)?;
        if !policy.temporary_pin.sms {
            return Err(RefusalReason::RouteClosed);
        }
        let until = now.plus(policy.self_service.wait);
        let stage = Wait { person: person.id, until }.into();
        Ok(Decision::to(Self { id, opened_at: now, stage })
            .owing(Effect::NotifyEveryChannel {
                person: person.id,
                case: id,
                notice: Notice::WaitBegun { veto },
            })
            .saying(JournalEvent::CaseOpened { case: id, route: Route::SelfService })
            .saying(JournalEvent::WaitBegun { case: id, until }))
    }

    pub(super) fn wait_over(
        &self,
        at: Wait,
        issue: Issue<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Decision<Self>, Rejection> {
        if now < at.until {
            return Err(Rejection::StillWaiting);
        }
        self.issue(Handover::by_sms(Ground::SelfService), issue, policy, now)
    }
}
