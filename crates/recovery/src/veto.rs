//! Veto links: a link in a notice that stops what the notice is about (PROTOCOLS.md 12).
//!
//! A link needs no login and reveals nothing: unknown, used, expired and valid links look the same to whoever follows
//! them, so the answer of [`Veto::press`] is only for the caller's transaction and never for a page.
//!
//! Every channel has its own link, because the effect of a link depends on whether its channel is still the person's. A
//! removed channel may be the owner's, removed by a thief, or a stranger's, who has the number now. Its link therefore
//! stops only what was obtained without the person being present, pauses changes of number, and reports the rest to the
//! operator.

#[cfg(test)]
mod tests;

use crate::authenticator::Authenticator;
use crate::case::{Case, Closed, Event, Ground, Stage};
use crate::decision::Decision;
use crate::effect::{Alarm, Effect, Notice, SecurityEvent, Step};
use crate::event::JournalEvent;
use crate::grant::Grant;
use crate::id::{CaseId, ChannelId, ForeignDocumentId, InstanceId, PersonId, VetoId};
use crate::person::{ForeignDocument, Person};
use crate::policy::Policy;
use crate::sensitive::KeyedHash;
use crate::temporary_pin::TemporaryPin;
use crate::time::Timestamp;

/// One veto link: for one channel, about one recovery or change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Veto {
    pub id: VetoId,
    pub person: PersonId,
    pub about: About,
    /// The channel that the link was sent to.
    pub channel: ChannelId,
    /// Keyed hash of the 128 random bits in the link.
    pub token: KeyedHash,
    pub offered_at: Timestamp,
    pub state: State,
}

/// Stands for all channels, in links that were made before each channel had its own.
pub const TO_EVERY_CHANNEL: ChannelId = ChannelId(0);

/// What a veto link can stop or object to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum About {
    /// A recovery.
    Case(CaseId),
    /// Phone numbers or addresses were changed.
    Channels,
    /// The operator recorded a foreign document as the person's.
    Document(ForeignDocumentId),
}

/// The state of a veto link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Open,
    Used { at: Timestamp },
}

/// The recovery or change that a veto link is about, as it stands now.
#[derive(Clone, Copy, Debug)]
pub enum Matter<'a> {
    Case(&'a Case),
    Channels,
    /// `None` where the record of the document was removed meanwhile.
    Document(Option<&'a ForeignDocument>),
}

/// What a used veto link does; [`Veto::press`] brings all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The recovery is not completed: stop the case ([`crate::case::Event::Stopped`]), its temporary PIN and its grant,
    /// and freeze recovery ([`Person::freeze_by_veto`]).
    Before,
    /// The recovery is completed: as [`Stop::Before`], and block the app instance
    /// ([`crate::authenticator::Authenticator::block_by_veto`]).
    After { instance: InstanceId },
    /// No phone number is sent temporary PINs until chip and face with presence or a visit decides
    /// ([`Person::pause_numbers`]).
    PauseNumbers,
    /// Remove the record of the document ([`Person::forget_document`]).
    ForgetDocument(ForeignDocumentId),
    /// Change nothing: what the link is about was proven by presence since the channel was removed. The operator checks
    /// it within one working day.
    Report,
}

/// What a veto link can change beside itself.
#[derive(Clone, Copy, Debug)]
pub struct Affected<'a> {
    pub person: &'a Person,
    pub slot: &'a TemporaryPin,
    /// The grant that the case of the link gave, if it gave one.
    pub grant: Option<&'a Grant>,
    /// The app instance in which the recovery was completed, if it was.
    pub app: Option<&'a Authenticator>,
    /// All links about the same case.
    pub links: &'a [Veto],
}

/// Everything that follows from the use of a veto link.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a use that is not saved did not happen"]
pub struct Used {
    pub link: Decision<Veto>,
    /// The links of other channels about the same recovery, which this use ends.
    pub others: Vec<Step<Veto>>,
    /// The case, where it is stopped.
    pub case: Option<Decision<Case>>,
    /// The app instance, where it is blocked.
    pub app: Option<Step<Authenticator>>,
}

/// Whether the channel of a link is still the person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bearer {
    Current,
    Removed { at: Timestamp },
}

impl Veto {
    /// Makes the link that a notice carries.
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

    /// Uses the link. `None` where it does nothing: it is used or expired, or there is nothing left to stop.
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

    /// Uses the link, with everything that follows. `None` where it does nothing, as for [`Veto::act`].
    #[must_use]
    pub fn press(
        &self,
        matter: Matter<'_>,
        affected: Affected<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<Used> {
        let (step, stop) = self.act(matter, affected.person, policy, now)?;
        let (link, person) = (Decision::from(step), affected.person);
        let link = match stop {
            Stop::Report => link,
            Stop::PauseNumbers => link.with(person.pause_numbers(self.id, now)),
            Stop::ForgetDocument(document) => match person.forget_document(document) {
                Some(forgotten) => link.with(forgotten),
                None => link,
            },
            Stop::Before | Stop::After { .. } => {
                link.with(person.freeze_by_veto(self.id, policy, now))
            }
        };
        let mut used = Used { link, others: Vec::new(), case: None, app: None };
        let Matter::Case(case) = matter else { return Some(used) };
        if stop == Stop::Report {
            return Some(used);
        }
        let others = affected.links.iter().filter(|other| other.id != self.id);
        used.others = others.filter_map(|other| other.done_by_another(now)).collect();
        if let Stop::After { .. } = stop {
            used.app = affected.app.and_then(Authenticator::block_by_veto);
            return Some(used);
        }
        Some(self.stopping(used, case, affected, policy, now))
    }

    /// Adds the stop of the case, of its temporary PIN and of its grant.
    fn stopping(
        &self,
        used: Used,
        case: &Case,
        affected: Affected<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Used {
        let Used { mut link, others, app, .. } = used;
        if let Some(withdrawn) = affected.slot.withdraw_of(case.id) {
            link = link.with(withdrawn);
        }
        let withdrawn = affected.grant.and_then(Grant::withdraw);
        // A case that has lapsed meanwhile has nothing left to stop.
        let stopped = case.apply(Event::Stopped { veto: Some(self.id) }, policy, now).ok();
        let (link, case) = match (stopped, withdrawn) {
            (Some(stopped), Some(withdrawn)) => (link, Some(stopped.with(withdrawn))),
            (None, Some(withdrawn)) => (link.with(withdrawn), None),
            (stopped, None) => (link, stopped),
        };
        Used { link, others, case, app }
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

    /// Raises an alarm and sets a deadline for the operator's check, for every use of a link that freezes nothing.
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

    /// Marks the link as used, because another channel's link stopped the same recovery: one recovery leads to one
    /// freeze. `None` where it is used already.
    #[must_use]
    pub fn done_by_another(&self, now: Timestamp) -> Option<Step<Self>> {
        (self.state == State::Open).then(|| Step::to(self.used(now)))
    }

    /// Whether the link's channel is still the person's. A channel that was forgotten was removed more than 30 days
    /// ago, before anything that its link is about.
    fn bearer(&self, person: &Person) -> Bearer {
        match person.channels.iter().find(|channel| channel.id == self.channel) {
            Some(channel) => {
                channel.removed_at.map_or(Bearer::Current, |at| Bearer::Removed { at })
            }
            None if self.channel == TO_EVERY_CHANNEL => Bearer::Current,
            None => Bearer::Removed { at: self.offered_at },
        }
    }

    /// When the link expires.
    #[must_use]
    pub fn lapses_at(&self, policy: &Policy) -> Timestamp {
        self.offered_at.plus(policy.veto.link_lifetime)
    }
}

impl Stop {
    /// The stable code of what the link does.
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

/// When the person was proven to be present: by chip and face with presence, or at a desk.
const fn proven(ground: &Ground, at: Timestamp) -> Option<Timestamp> {
    match ground {
        Ground::Desk { .. } => Some(at),
        Ground::ChipFace { chip, .. } if chip.document_without_presence().is_none() => Some(at),
        Ground::ChipFace { .. } | Ground::Phone { .. } | Ground::SelfService => None,
    }
}
