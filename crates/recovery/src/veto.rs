//! The link that stops a recovery (PROTOCOLS.md 12).
//!
//! It needs no login and tells nothing: unknown, used, old and valid links look the same, so the
//! answer of [`Veto::act`] is for the caller's transaction and never for a page.

#[cfg(test)]
mod tests;

use crate::case::{Case, CaseState};
use crate::effect::{Alarm, Effect, Notice, SecurityEvent, Step};
use crate::event::JournalEvent;
use crate::id::{CaseId, InstanceId, PersonId, VetoId};
use crate::policy::Policy;
use crate::sensitive::KeyedHash;
use crate::time::Timestamp;

/// One link, for one case; every channel gets the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Veto {
    pub id: VetoId,
    pub person: PersonId,
    pub case: CaseId,
    /// Keyed hash of the 128 random bits in the link.
    pub token: KeyedHash,
    pub offered_at: Timestamp,
    pub state: State,
}

/// Where the link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Open,
    Used { at: Timestamp },
}

/// What a used link stops. The caller does all of it in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The recovery is not completed: end the case ([`crate::case::Event::Stopped`]), its temporary
    /// PIN and its grant, and freeze ([`crate::person::Person::freeze_by_veto`]).
    Before,
    /// It is completed: block the app as well
    /// ([`crate::authenticator::Authenticator::block_by_veto`]).
    After { instance: InstanceId },
}

impl Veto {
    /// Offers a link with a notice.
    pub fn offer(
        id: VetoId,
        person: PersonId,
        case: CaseId,
        token: KeyedHash,
        now: Timestamp,
    ) -> Step<Self> {
        Step::to(Self { id, person, case, token, offered_at: now, state: State::Open })
            .saying(JournalEvent::VetoOffered { veto: id, case })
    }

    /// Follows the link. `None` where it does nothing: used, old, or nothing left to stop.
    #[must_use]
    pub fn act(&self, case: &Case, policy: &Policy, now: Timestamp) -> Option<(Step<Self>, Stop)> {
        match self.state {
            State::Open => {}
            State::Used { .. } => return None,
        }
        if case.id != self.case || now >= self.lapses_at(policy) {
            return None;
        }
        let stop = match &case.state {
            CaseState::Completed { instance, .. } => Stop::After { instance: *instance },
            CaseState::Refused { .. } | CaseState::Stopped { .. } | CaseState::Lapsed { .. } => {
                return None;
            }
            CaseState::AwaitingConsent { .. }
            | CaseState::AwaitingChip { .. }
            | CaseState::AwaitingFace { .. }
            | CaseState::AwaitingNumber { .. }
            | CaseState::Asking { .. }
            | CaseState::EnoughAnswers { .. }
            | CaseState::AtDesk { .. }
            | CaseState::DocumentsAccepted { .. }
            | CaseState::AskingAtDesk { .. }
            | CaseState::Identified { .. }
            | CaseState::Waiting { .. }
            | CaseState::CodeIssued { .. }
            | CaseState::Granted { .. } => Stop::Before,
        };
        let after_completion = stop != Stop::Before;
        let step = Step::to(Self { state: State::Used { at: now }, ..self.clone() })
            .owing(Effect::NotifyEveryChannel {
                person: self.person,
                case: self.case,
                notice: Notice::Stopped,
            })
            .saying(JournalEvent::VetoUsed { veto: self.id, case: self.case, after_completion });
        let step = if after_completion {
            step.owing(Effect::EmitSecurityEvent {
                person: self.person,
                event: SecurityEvent::CredentialChangeRequired,
            })
            .owing(Effect::Alarm { alarm: Alarm::CompletedRecoveryStopped })
        } else {
            step
        };
        Some((step, stop))
    }

    /// When it stops working.
    #[must_use]
    pub fn lapses_at(&self, policy: &Policy) -> Timestamp {
        self.offered_at.plus(policy.veto.link_lifetime)
    }
}
