//! What the service knows of one person that decisions need.

mod vouching;

#[cfg(test)]
mod tests;

use crate::effect::{Effect, SecurityEvent, Step};
use crate::event::JournalEvent;
use crate::id::{CaseId, ChannelId, ForeignDocumentId, InstanceId, PersonId, VetoId};
use crate::policy::{DAY, Policy};
use crate::rejection::Rejection;
use crate::route::Route;
use crate::sensitive::{KeyedHash, Sensitive};
use crate::time::{Duration, Instants, Timestamp};

/// Channels that a person may have, removed ones included.
pub const CHANNELS_MAX: usize = 32;
/// Foreign documents that a person may have recorded.
pub const DOCUMENTS_MAX: usize = 16;

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    /// BCP 47 tag of the language that the person reads.
    pub language: String,
    pub status: Status,
    pub channels: Vec<Channel>,
    /// Apps that are bound now.
    pub instances: Vec<BoundApp>,
    /// Completed recoveries of the last 365 days, oldest first.
    pub recoveries: Vec<PastRecovery>,
    /// When recoveries were stopped by a link.
    pub vetoes: Instants,
    pub freeze: Option<Freeze>,
    /// Chip + face cases opened.
    pub chip_cases: Instants,
    /// Calls that ended without enough answers.
    pub failed_calls: Instants,
    /// When this person vouched for others at a desk.
    pub witnessed: Instants,
    /// Foreign documents that the operator recorded as this person's.
    pub documents: Vec<ForeignDocument>,
    /// A change of number was objected to: no number gets codes.
    pub number_pause: Option<NumberPause>,
}

/// A foreign document that the operator recorded as a person's (PROTOCOLS.md 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignDocument {
    pub id: ForeignDocumentId,
    /// Keyed hash of issuing state and document number.
    pub document: KeyedHash,
    pub recorded_at: Timestamp,
}

/// Since when, and by whose link, no number gets codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NumberPause {
    pub at: Timestamp,
    pub by: VetoId,
}

/// The register's word on a person, as far as it bears on recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    Active,
    /// Name and address are protected: agents must not ask about them.
    Protected,
    /// An administrative number: the register knows too little to ask about.
    Administrative,
    /// Under guardianship: in person only.
    Guardianship,
    Emigrated,
    Disappeared,
    Dead,
    /// The number was annulled, deleted as a double, or never a person's.
    Annulled,
}

/// A phone number or e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    pub kind: ChannelKind,
    pub address: Sensitive<String>,
    pub confirmed_at: Option<Timestamp>,
    /// When it was registered or last changed; the age of a number counts from here.
    pub changed_at: Timestamp,
    /// When the SIM was last changed or the number ported, where the operator is told.
    pub sim_changed_at: Option<Timestamp>,
    pub removed_at: Option<Timestamp>,
}

/// See [`Channel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    Phone,
    Email,
}

/// An app as its owner and a clerk know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundApp {
    pub instance: InstanceId,
    /// The owner's name for it.
    pub name: Sensitive<String>,
    pub bound_at: Timestamp,
}

/// A completed recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRecovery {
    pub case: CaseId,
    pub route: Route,
    pub at: Timestamp,
    /// The document whose chip could not prove that it was there.
    pub without_presence: Option<KeyedHash>,
}

/// Why and since when recovery is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Freeze {
    pub at: Timestamp,
    pub cause: FreezeCause,
}

/// See [`Freeze`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FreezeCause {
    /// The owner froze the identity: the apps are frozen too.
    Owner,
    /// A link stopped a recovery.
    Veto(VetoId),
    /// The second link within 30 days: only a visit ends this.
    SecondVeto(VetoId),
}

/// Why a phone number may not get a temporary PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberRefusal {
    /// There is none, or none that was confirmed.
    NoNumber,
    /// It was registered or changed too recently.
    TooNew,
    /// A change of number was objected to, and nobody has decided yet.
    Paused,
}

/// How long recoveries are kept: the longest window that looks back at them.
const RECOVERIES_KEPT: Duration = Duration::from_days(365);

impl Person {
    /// A person of whom nothing has happened yet.
    #[must_use]
    pub fn new(id: PersonId, language: String, status: Status) -> Self {
        Self {
            id,
            language,
            status,
            channels: Vec::new(),
            instances: Vec::new(),
            recoveries: Vec::new(),
            vetoes: Instants::EMPTY,
            freeze: None,
            chip_cases: Instants::EMPTY,
            failed_calls: Instants::EMPTY,
            witnessed: Instants::EMPTY,
            documents: Vec::new(),
            number_pause: None,
        }
    }

    /// The channel that a temporary PIN may be sent to now.
    ///
    /// # Errors
    ///
    /// A [`NumberRefusal`]; the caller of the phone route never hears which.
    pub fn number_for_code(
        &self,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<ChannelId, NumberRefusal> {
        if self.number_pause.is_some() {
            return Err(NumberRefusal::Paused);
        }
        let age_min = policy.temporary_pin.phone_number_age_min;
        let phones = self.channels.iter().filter(|channel| {
            channel.kind == ChannelKind::Phone
                && channel.removed_at.is_none()
                && channel.confirmed_at.is_some()
        });
        // The longest kept number first: a thief adds a number more easily than an age.
        let oldest = phones.min_by_key(|channel| channel.unchanged_since());
        let Some(oldest) = oldest else { return Err(NumberRefusal::NoNumber) };
        if now >= oldest.unchanged_since().plus(age_min) {
            Ok(oldest.id)
        } else {
            Err(NumberRefusal::TooNew)
        }
    }

    /// Whether the rules refused a code by text message before this visit began, whatever was done to channels since.
    ///
    /// Judged on the channels as they stood then: one that was removed since counts as there, and one that was added,
    /// changed or confirmed since counts as fit, so that nobody at the desk can bring the refusal about (attack 28).
    #[must_use]
    pub fn sms_was_refused(&self, policy: &Policy, visit_began: Timestamp, now: Timestamp) -> bool {
        if !policy.temporary_pin.sms {
            return true;
        }
        let age_min = policy.temporary_pin.phone_number_age_min;
        let fit = |channel: &Channel| {
            let touched = channel.unchanged_since() >= visit_began
                || channel.confirmed_at.is_some_and(|at| at >= visit_began);
            touched
                || channel.confirmed_at.is_some() && now >= channel.unchanged_since().plus(age_min)
        };
        let there = |channel: &&Channel| {
            channel.kind == ChannelKind::Phone
                && channel.removed_at.is_none_or(|removed| removed >= visit_began)
        };
        !self.channels.iter().filter(there).any(fit)
    }

    /// Every channel that a notice goes to: registered now, or until 30 days ago.
    pub fn channels_to_notify(
        &self,
        policy: &Policy,
        now: Timestamp,
    ) -> impl Iterator<Item = &Channel> {
        let kept = policy.veto.removed_channels_notified_for;
        self.channels
            .iter()
            .filter(move |channel| channel.removed_at.is_none_or(|at| now < at.plus(kept)))
    }

    /// When a removed channel has had its last notice and is to be forgotten; `None` where there is no such.
    #[must_use]
    pub fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let kept = policy.veto.removed_channels_notified_for;
        self.channels.iter().filter_map(|channel| channel.removed_at).min().map(|at| at.plus(kept))
    }

    /// Forgets removed channels whose time is over.
    #[must_use]
    pub fn elapse(&self, policy: &Policy, now: Timestamp) -> Option<Step<Self>> {
        let mut next = self.clone();
        next.forget_channels(policy, now);
        (next.channels.len() < self.channels.len()).then(|| Step::to(next))
    }

    fn forget_channels(&mut self, policy: &Policy, now: Timestamp) {
        let kept = policy.veto.removed_channels_notified_for;
        self.channels.retain(|old| old.removed_at.is_none_or(|at| now < at.plus(kept)));
    }

    /// Adds a channel, unconfirmed.
    ///
    /// # Errors
    ///
    /// [`Rejection::TooManyChannels`].
    pub fn add_channel(
        &self,
        id: ChannelId,
        kind: ChannelKind,
        address: Sensitive<String>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        let mut next = self.clone();
        next.forget_channels(policy, now);
        if next.channels.len() >= CHANNELS_MAX {
            return Err(Rejection::TooManyChannels);
        }
        next.channels.push(Channel {
            id,
            kind,
            address,
            confirmed_at: None,
            changed_at: now,
            sim_changed_at: None,
            removed_at: None,
        });
        Ok(self.recovery_information_changed(next, JournalEvent::ChannelAdded { person: self.id }))
    }

    /// Confirms a channel. Its age goes on counting from its registration.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchChannel`].
    pub fn confirm_channel(&self, id: ChannelId, now: Timestamp) -> Result<Step<Self>, Rejection> {
        let mut next = self.clone();
        let channel = next.current_channel(id)?;
        channel.confirmed_at = channel.confirmed_at.or(Some(now));
        Ok(Step::to(next).saying(JournalEvent::ChannelConfirmed { person: self.id }))
    }

    /// Removes a channel; it gets notices for 30 more days.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchChannel`].
    pub fn remove_channel(&self, id: ChannelId, now: Timestamp) -> Result<Step<Self>, Rejection> {
        let mut next = self.clone();
        next.current_channel(id)?.removed_at = Some(now);
        let said = JournalEvent::ChannelRemoved { person: self.id };
        Ok(self.recovery_information_changed(next, said))
    }

    /// Records that a channel was registered anew: its age starts again.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchChannel`].
    pub fn channel_changed(&self, id: ChannelId, at: Timestamp) -> Result<Step<Self>, Rejection> {
        let mut next = self.clone();
        let channel = next.current_channel(id)?;
        channel.changed_at = channel.changed_at.max(at);
        let said = JournalEvent::ChannelChanged { person: self.id };
        Ok(self.recovery_information_changed(next, said))
    }

    /// Whether this would be a later change of the SIM than what is known.
    #[must_use]
    pub fn is_new_sim(&self, id: ChannelId, at: Timestamp) -> bool {
        let channel = self.channels.iter().find(|channel| channel.id == id);
        channel.is_some_and(|channel| channel.sim_changed_at.is_none_or(|known| at > known))
    }

    /// Records that the SIM behind a number was changed or the number ported.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchChannel`].
    pub fn sim_changed(&self, id: ChannelId, at: Timestamp) -> Result<Step<Self>, Rejection> {
        let mut next = self.clone();
        let channel = next.current_channel(id)?;
        channel.sim_changed_at = channel.sim_changed_at.max(Some(at));
        let said = JournalEvent::SimChanged { person: self.id };
        Ok(self.recovery_information_changed(next, said))
    }

    /// Adds an app that an enrolment has bound.
    pub fn app_bound(&self, app: BoundApp) -> Step<Self> {
        let mut next = self.clone();
        next.instances.retain(|old| old.instance != app.instance);
        next.instances.push(app);
        Step::to(next)
    }

    /// Takes an app off the list.
    pub fn app_unbound(&self, instance: InstanceId) -> Step<Self> {
        let mut next = self.clone();
        next.instances.retain(|app| app.instance != instance);
        Step::to(next)
    }

    /// Whether the app is this person's.
    #[must_use]
    pub fn has_app(&self, instance: InstanceId) -> bool {
        self.instances.iter().any(|app| app.instance == instance)
    }

    /// Counts a chip + face case that is being opened.
    ///
    /// # Errors
    ///
    /// [`Rejection::TooManyCases`] where the day's are used up.
    pub fn count_chip_case(
        &self,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        if self.chip_cases.count_within(DAY, now) >= usize::from(policy.chip_face.cases_per_day_max)
        {
            return Err(Rejection::TooManyCases);
        }
        Ok(Step::to(Self { chip_cases: self.chip_cases.with(now, DAY), ..self.clone() }))
    }

    /// Counts a call that ended without enough answers; it raises the bar of the phone route only.
    pub fn count_failed_call(&self, policy: &Policy, now: Timestamp) -> Step<Self> {
        let failed_calls = self.failed_calls.with(now, policy.phone.raised_bar_for);
        Step::to(Self { failed_calls, ..self.clone() })
    }

    /// Whether a failed call still raises the bar of the phone route.
    #[must_use]
    pub fn phone_bar_is_raised(&self, policy: &Policy, now: Timestamp) -> bool {
        self.failed_calls.count_within(policy.phone.raised_bar_for, now) > 0
    }

    /// Records a completed recovery. A freeze that allowed it is over.
    pub fn recovered(&self, past: PastRecovery) -> Step<Self> {
        let mut next = self.clone();
        let (case, now) = (past.case, past.at);
        let mut said = None;
        next.recoveries.retain(|old| now < old.at.plus(RECOVERIES_KEPT));
        if past.shows_the_person() && next.number_pause.take().is_some() {
            said = Some(JournalEvent::NumbersReleased { person: self.id, case });
        }
        next.recoveries.push(past);
        let mut step = if next.freeze.take().is_some() {
            Step::to(next).saying(JournalEvent::IdentityUnfrozen { person: self.id, case })
        } else {
            Step::to(next)
        };
        if let Some(said) = said {
            step = step.saying(said);
        }
        step.owing(Effect::EmitSecurityEvent {
            person: self.id,
            event: SecurityEvent::RecoveryActivated,
        })
        .owing(Effect::EmitSecurityEvent { person: self.id, event: SecurityEvent::PinChanged })
    }

    /// The owner freezes the identity. A freeze by veto stays as it is: it ends harder.
    pub fn freeze_by_owner(&self, now: Timestamp) -> Step<Self> {
        let freeze = self.freeze.or(Some(Freeze { at: now, cause: FreezeCause::Owner }));
        Step::to(Self { freeze, ..self.clone() })
            .saying(JournalEvent::IdentityFrozen { person: self.id })
    }

    /// A link stopped a recovery.
    pub fn freeze_by_veto(&self, veto: VetoId, policy: &Policy, now: Timestamp) -> Step<Self> {
        let window = policy.veto.second_veto_window;
        // A freeze that only a visit ends stays so, however old its cause.
        let hard =
            self.freeze.is_some_and(|freeze| matches!(freeze.cause, FreezeCause::SecondVeto(_)));
        let again = hard || self.vetoes.count_within(window, now) > 0;
        let cause = if again { FreezeCause::SecondVeto(veto) } else { FreezeCause::Veto(veto) };
        let next = Self {
            freeze: Some(Freeze { at: now, cause }),
            vetoes: self.vetoes.with(now, window),
            ..self.clone()
        };
        Step::to(next).saying(JournalEvent::IdentityFrozen { person: self.id })
    }

    /// Somebody objected to a change of number: no number gets codes, neither the new nor an old one, until the person was there.
    pub fn pause_numbers(&self, by: VetoId, now: Timestamp) -> Step<Self> {
        let number_pause = self.number_pause.or(Some(NumberPause { at: now, by }));
        Step::to(Self { number_pause, ..self.clone() })
            .saying(JournalEvent::NumbersPaused { person: self.id, veto: by })
    }

    /// Whether the person was shown to be there since: by chip and face with presence, or in person.
    #[must_use]
    pub fn is_proven_since(&self, at: Timestamp) -> bool {
        self.recoveries.iter().any(|past| past.at >= at && past.shows_the_person())
    }

    /// Records a foreign document as this person's; it counts from [`ForeignDocument::counts_from`] on. One that is recorded
    /// already keeps its date.
    ///
    /// # Errors
    ///
    /// [`Rejection::TooManyDocuments`].
    pub fn record_document(&self, document: ForeignDocument) -> Result<Step<Self>, Rejection> {
        if self.documents.iter().any(|known| known.document == document.document) {
            return Ok(Step::to(self.clone()));
        }
        if self.documents.len() >= DOCUMENTS_MAX {
            return Err(Rejection::TooManyDocuments);
        }
        let mut next = self.clone();
        next.documents.push(document);
        let said = JournalEvent::ForeignDocumentRecorded { person: self.id, document: document.id };
        Ok(self.recovery_information_changed(next, said))
    }

    /// The document is this person's no longer.
    #[must_use]
    pub fn forget_document(&self, id: ForeignDocumentId) -> Option<Step<Self>> {
        let mut next = self.clone();
        next.documents.retain(|known| known.id != id);
        let said = JournalEvent::ForeignDocumentForgotten { person: self.id, document: id };
        (next.documents.len() < self.documents.len())
            .then(|| self.recovery_information_changed(next, said))
    }

    /// Whether the apps of this person show "frozen".
    #[must_use]
    pub fn apps_are_frozen(&self) -> bool {
        self.freeze.is_some_and(|freeze| match freeze.cause {
            FreezeCause::Owner => true,
            // The app in which no recovery was completed is its owner's and stays usable; the
            // other one is blocked itself.
            FreezeCause::Veto(_) | FreezeCause::SecondVeto(_) => false,
        })
    }

    fn current_channel(&mut self, id: ChannelId) -> Result<&mut Channel, Rejection> {
        self.channels
            .iter_mut()
            .find(|channel| channel.id == id && channel.removed_at.is_none())
            .ok_or(Rejection::NoSuchChannel)
    }

    fn recovery_information_changed(&self, next: Self, said: JournalEvent) -> Step<Self> {
        Step::to(next)
            .owing(Effect::EmitSecurityEvent {
                person: self.id,
                event: SecurityEvent::RecoveryInformationChanged,
            })
            .saying(said)
    }
}

impl ForeignDocument {
    /// From when on it counts as the person's: whoever changed it at the operator has to wait, and every channel heard of it.
    #[must_use]
    pub fn counts_from(&self, policy: &Policy) -> Timestamp {
        self.recorded_at.plus(policy.chip_face.recorded_document_age_min)
    }
}

impl PastRecovery {
    /// Whether the person was there: a chip that proved its presence with the face, or a visit.
    #[must_use]
    pub const fn shows_the_person(&self) -> bool {
        match self.route {
            Route::Desk => true,
            Route::ChipFace => self.without_presence.is_none(),
            Route::Phone | Route::SelfService => false,
        }
    }
}

impl Channel {
    /// Since when nothing about it has changed.
    #[must_use]
    pub fn unchanged_since(&self) -> Timestamp {
        self.sim_changed_at.map_or(self.changed_at, |sim| sim.max(self.changed_at))
    }
}
