//! The link that stops what a notice tells of (PROTOCOLS.md 12).
//!
//! It needs no login and tells nothing: unknown, used, old and valid links look the same, so the
//! answer of [`Veto::act`] is for the caller's transaction and never for a page.
//!
//! Every channel has a link of its own, because what a link does depends on whose channel it is now. A channel that was removed is
//! perhaps the owner's, thrown out by a thief, and perhaps a stranger's, who has the number now: so its link stops what can be had
//! without the person being there, pauses, and reports the rest.

#[cfg(test)]
mod tests;

use crate::case::{Case, Closed, Ground, Stage};
use crate::effect::{Alarm, Effect, Notice, SecurityEvent, Step};
use crate::event::JournalEvent;
use crate::id::{CaseId, ChannelId, ForeignDocumentId, InstanceId, PersonId, VetoId};
use crate::person::{ForeignDocument, Person};
use crate::policy::Policy;
use crate::sensitive::KeyedHash;
use crate::time::Timestamp;

/// One link, for one channel and one matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Veto {
    pub id: VetoId,
    pub person: PersonId,
    pub about: About,
    /// The channel that it was sent to.
    pub channel: ChannelId,
    /// Keyed hash of the 128 random bits in the link.
    pub token: KeyedHash,
    pub offered_at: Timestamp,
    pub state: State,
}

/// The channel of a link from before each channel had its own.
pub const TO_EVERY_CHANNEL: ChannelId = ChannelId(0);

/// What a link is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum About {
    /// A recovery.
    Case(CaseId),
    /// Phone numbers or addresses were changed.
    Channels,
    /// The operator recorded a foreign document as the person's.
    Document(ForeignDocumentId),
}

/// Where the link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Open,
    Used { at: Timestamp },
}

/// What the link is about, as it stands now.
#[derive(Clone, Copy, Debug)]
pub enum Matter<'a> {
    Case(&'a Case),
    Channels,
    /// `None` where it was taken back meanwhile.
    Document(Option<&'a ForeignDocument>),
}

/// What a used link does. The caller does all of it in one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The recovery is not completed: end the case ([`crate::case::Event::Stopped`]), its temporary
    /// PIN and its grant, and freeze ([`Person::freeze_by_veto`]).
    Before,
    /// It is completed: block the app as well
    /// ([`crate::authenticator::Authenticator::block_by_veto`]).
    After { instance: InstanceId },
    /// No number gets codes until chip and face with presence or a visit decides ([`Person::pause_numbers`]).
    PauseNumbers,
    /// The document is no longer the person's ([`Person::forget_document`]).
    ForgetDocument(ForeignDocumentId),
    /// Nothing: what it speaks of was proven since the channel was removed. The operator checks within one working day.
    Report,
}

/// Whose channel it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bearer {
    Current,
    Removed { at: Timestamp },
}

impl Veto {
    /// Offers a link with a notice.
    pub fn offer(
        id: VetoId,
        person: PersonId,
        (about, channel): (About, ChannelId),
        token: KeyedHash,
        now: Timestamp,
    ) -> Step<Self> {
        let said = match about {
            About::Case(case) => JournalEvent::VetoOffered { veto: id, case },
            About::Channels | About::Document(_) => JournalEvent::ObjectionOffered { veto: id },
        };
        let state = State::Open;
        Step::to(Self { id, person, about, channel, token, offered_at: now, state }).saying(said)
    }

    /// Follows the link. `None` where it does nothing: used, old, or nothing left to stop.
    #[must_use]
    pub fn act(
        &self,
        matter: Matter<'_>,
        person: &Person,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<(Step<Self>, Stop)> {
        match self.state {
            State::Open => {}
            State::Used { .. } => return None,
        }
        if person.id != self.person || now >= self.lapses_at(policy) {
            return None;
        }
        let bearer = self.bearer(person);
        match (self.about, matter) {
            (About::Case(id), Matter::Case(case)) if case.id == id => {
                self.act_on_case(case, bearer, now)
            }
            (About::Channels, Matter::Channels) => {
                let stop = match bearer {
                    Bearer::Removed { at } if person.is_proven_since(at) => Stop::Report,
                    Bearer::Removed { .. } | Bearer::Current => Stop::PauseNumbers,
                };
                Some((self.objected(stop, now), stop))
            }
            (About::Document(id), Matter::Document(Some(document))) if document.id == id => {
                let stop = match bearer {
                    Bearer::Current => Stop::ForgetDocument(id),
                    Bearer::Removed { .. } => Stop::Report,
                };
                Some((self.objected(stop, now), stop))
            }
            (About::Case(_) | About::Channels | About::Document(_), _) => None,
        }
    }

    fn act_on_case(
        &self,
        case: &Case,
        bearer: Bearer,
        now: Timestamp,
    ) -> Option<(Step<Self>, Stop)> {
        let (stop, proven_at) = match &case.stage {
            Stage::Closed(Closed::Completed { instance, ground, at, .. }) => {
                (Stop::After { instance: *instance }, proven(ground, *at))
            }
            Stage::Closed(
                Closed::Refused { .. } | Closed::Stopped { .. } | Closed::Lapsed { .. },
            ) => return None,
            Stage::Issued(it) => (Stop::Before, proven(&it.ground, it.issued_at)),
            Stage::Granted(it) => (Stop::Before, proven(&it.ground, it.at)),
            Stage::ChipFace(_) | Stage::Phone(_) | Stage::Desk(_) | Stage::Waiting(_) => {
                (Stop::Before, None)
            }
        };
        if let Bearer::Removed { at: removed_at } = bearer
            && proven_at.is_some_and(|proven_at| proven_at >= removed_at)
        {
            return Some((self.objected(Stop::Report, now), Stop::Report));
        }
        let after_completion = stop != Stop::Before;
        let step = Step::to(self.used(now))
            .owing(Effect::NotifyEveryChannel {
                person: self.person,
                case: case.id,
                notice: Notice::Stopped,
            })
            .saying(JournalEvent::VetoUsed { veto: self.id, case: case.id, after_completion });
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

    /// Every objection that freezes nothing is the operator's to look at.
    fn objected(&self, stop: Stop, now: Timestamp) -> Step<Self> {
        let alarm = match stop {
            Stop::PauseNumbers => Alarm::NumberChangePaused,
            Stop::ForgetDocument(_) => Alarm::ForeignDocumentRefused,
            Stop::Report | Stop::Before | Stop::After { .. } => Alarm::RemovedChannelObjects,
        };
        Step::to(self.used(now)).owing(Effect::Alarm { alarm }).saying(
            JournalEvent::ObjectionRaised {
                veto: self.id,
                person: self.person,
                did: stop.code(),
                check_until: crate::working_day::end_of_next(now),
            },
        )
    }

    fn used(&self, now: Timestamp) -> Self {
        Self { state: State::Used { at: now }, ..self.clone() }
    }

    /// The same, where another channel's link stopped the same recovery: no second freeze for one matter.
    #[must_use]
    pub fn done_by_another(&self, now: Timestamp) -> Option<Step<Self>> {
        (self.state == State::Open).then(|| Step::to(self.used(now)))
    }

    /// A channel that is forgotten was removed more than 30 days ago, which is before anything that its link is about.
    fn bearer(&self, person: &Person) -> Bearer {
        match person.channels.iter().find(|channel| channel.id == self.channel) {
            Some(channel) => {
                channel.removed_at.map_or(Bearer::Current, |at| Bearer::Removed { at })
            }
            None if self.channel == TO_EVERY_CHANNEL => Bearer::Current,
            None => Bearer::Removed { at: self.offered_at },
        }
    }

    /// When it stops working.
    #[must_use]
    pub fn lapses_at(&self, policy: &Policy) -> Timestamp {
        self.offered_at.plus(policy.veto.link_lifetime)
    }
}

impl Stop {
    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Before => "stopped",
            Self::After { .. } => "blocked",
            Self::PauseNumbers => "numbers-paused",
            Self::ForgetDocument(_) => "document-forgotten",
            Self::Report => "reported",
        }
    }
}

/// When the person was shown to be there: by chip and face with presence, or in person.
const fn proven(ground: &Ground, at: Timestamp) -> Option<Timestamp> {
    match ground {
        Ground::Desk { .. } => Some(at),
        Ground::ChipFace { chip, .. } if chip.document_without_presence().is_none() => Some(at),
        Ground::ChipFace { .. } | Ground::Phone { .. } | Ground::SelfService => None,
    }
}
