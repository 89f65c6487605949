//! What the service keeps about one person in order to decide.

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

/// The most channels of one person, removed ones included.
pub const CHANNELS_MAX: usize = 32;
/// The most foreign documents that can be recorded for one person.
pub const DOCUMENTS_MAX: usize = 16;

/// One person, with everything that decisions on a recovery look back at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    /// BCP 47 tag of the language that the person reads.
    pub language: String,
    pub status: Status,
    pub channels: Vec<Channel>,
    /// The app instances that are bound now.
    pub instances: Vec<BoundApp>,
    /// Completed recoveries of the last 365 days, oldest first.
    pub recoveries: Vec<PastRecovery>,
    /// When recoveries of this person were stopped by a veto link.
    pub vetoes: Instants,
    /// Why recovery is frozen, where it is.
    pub freeze: Option<Freeze>,
    /// When chip + face cases were opened.
    pub chip_cases: Instants,
    /// When calls ended without enough right answers.
    pub failed_calls: Instants,
    /// When this person was a witness for others at a desk.
    pub witnessed: Instants,
    /// The foreign documents that the operator recorded as this person's.
    pub documents: Vec<ForeignDocument>,
    /// Set after an objection to a change of phone number: no number of this person is sent temporary PINs.
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

/// Since when, and by which veto link, no phone number of a person is sent temporary PINs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NumberPause {
    pub at: Timestamp,
    pub by: VetoId,
}

/// The status of a person in the population register, as far as it matters to recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    Active,
    /// Name and address are protected: agents must not ask about them.
    Protected,
    /// An administrative number: the register knows too little to ask about.
    Administrative,
    /// Under guardianship: recovery is possible only at a desk.
    Guardianship,
    Emigrated,
    Disappeared,
    Dead,
    /// The national number was annulled, deleted as a second number of the same person, or never belonged to anybody.
    Annulled,
}

/// A phone number or e-mail address of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    pub kind: ChannelKind,
    pub address: Sensitive<String>,
    pub confirmed_at: Option<Timestamp>,
    /// When the channel was registered or last changed; the age of a number counts from this instant.
    pub changed_at: Timestamp,
    /// When the SIM was last changed or the number ported, where the operator is informed of it.
    pub sim_changed_at: Option<Timestamp>,
    /// When the channel was removed; a removed channel still gets notices for 30 days.
    pub removed_at: Option<Timestamp>,
}

/// Whether a [`Channel`] is a phone number or an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    Phone,
    Email,
}

/// An app instance as its owner and a clerk know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundApp {
    pub instance: InstanceId,
    /// The name that the owner gave it.
    pub name: Sensitive<String>,
    pub bound_at: Timestamp,
}

/// A completed recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRecovery {
    pub case: CaseId,
    pub route: Route,
    pub at: Timestamp,
    /// The document of a chip + face recovery whose chip could not prove its presence.
    pub without_presence: Option<KeyedHash>,
}

/// Why and since when recovery is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Freeze {
    pub at: Timestamp,
    pub cause: FreezeCause,
}

/// What froze a person's recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FreezeCause {
    /// The owner froze the identity; the apps are frozen too.
    Owner,
    /// A veto link stopped a recovery.
    Veto(VetoId),
    /// A second veto link within 30 days stopped a recovery; only a visit ends this freeze.
    SecondVeto(VetoId),
}

/// Why no temporary PIN may be sent to a person's phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberRefusal {
    /// The person has no phone number, or none that was confirmed.
    NoNumber,
    /// The number was registered or changed, or its SIM changed, too recently.
    TooNew,
    /// Somebody objected to a change of number, and this is not settled yet.
    Paused,
}

/// How long completed recoveries are kept: the longest window in which decisions look back at them.
const RECOVERIES_KEPT: Duration = Duration::from_days(365);

impl Person {
    /// A person for whom nothing has happened yet.
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

    /// The phone number that a temporary PIN may be sent to now.
    ///
    /// # Errors
    ///
    /// A [`NumberRefusal`]; callers on the phone route are never told which.
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

    /// Whether the rules refused to send a temporary PIN by text message before this visit began, whatever was done to
    /// the channels since.
    ///
    /// The channels count as they stood at that instant: one that was removed since counts as present, and one that was
    /// added, changed or confirmed since counts as fit, so that nobody at the desk can bring the refusal about (attack
    /// 28).
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

    /// Every channel that notices go to: those that are registered now, and those removed within the last 30 days.
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

    /// When the next removed channel has had its last notice and is forgotten; `None` where no channel is removed.
    #[must_use]
    pub fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let kept = policy.veto.removed_channels_notified_for;
        self.channels.iter().filter_map(|channel| channel.removed_at).min().map(|at| at.plus(kept))
    }

    /// Forgets the removed channels that no longer get notices. `None` where nothing changes.
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

    /// Adds a channel, which is not confirmed yet.
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

    /// Confirms a channel. Its age still counts from its registration.
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

    /// Whether `at` is a later change of the SIM than the last one that is known.
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

    /// Adds an app instance that an enrolment has bound.
    pub fn app_bound(&self, app: BoundApp) -> Step<Self> {
        let mut next = self.clone();
        next.instances.retain(|old| old.instance != app.instance);
        next.instances.push(app);
        Step::to(next)
    }

    /// Removes an app instance that is no longer bound.
    pub fn app_unbound(&self, instance: InstanceId) -> Step<Self> {
        let mut next = self.clone();
        next.instances.retain(|app| app.instance != instance);
        Step::to(next)
    }

    /// Whether the app instance is bound to this person.
    #[must_use]
    pub fn has_app(&self, instance: InstanceId) -> bool {
        self.instances.iter().any(|app| app.instance == instance)
    }

    /// Counts a chip + face case that is being opened.
    ///
    /// # Errors
    ///
    /// [`Rejection::TooManyCases`] where the cases allowed in 24 hours are used up.
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

    /// Counts a call that ended without enough right answers; it raises the bar of the phone route only.
    pub fn count_failed_call(&self, policy: &Policy, now: Timestamp) -> Step<Self> {
        let failed_calls = self.failed_calls.with(now, policy.phone.raised_bar_for);
        Step::to(Self { failed_calls, ..self.clone() })
    }

    /// Whether a failed call still raises the number of right answers that the phone route asks for.
    #[must_use]
    pub fn phone_bar_is_raised(&self, policy: &Policy, now: Timestamp) -> bool {
        self.failed_calls.count_within(policy.phone.raised_bar_for, now) > 0
    }

    /// Records a completed recovery and ends the freeze, where there was one.
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

    /// The owner freezes the identity. A freeze by a veto link stays as it is, because it is harder to end.
    pub fn freeze_by_owner(&self, now: Timestamp) -> Step<Self> {
        let freeze = self.freeze.or(Some(Freeze { at: now, cause: FreezeCause::Owner }));
        Step::to(Self { freeze, ..self.clone() })
            .saying(JournalEvent::IdentityFrozen { person: self.id })
    }

    /// Freezes recovery after a veto link stopped one.
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

    /// Stops temporary PINs to every phone number, new or old, after an objection to a change of number, until the
    /// person is identified by presence.
    pub fn pause_numbers(&self, by: VetoId, now: Timestamp) -> Step<Self> {
        let number_pause = self.number_pause.or(Some(NumberPause { at: now, by }));
        Step::to(Self { number_pause, ..self.clone() })
            .saying(JournalEvent::NumbersPaused { person: self.id, veto: by })
    }

    /// Whether the person has completed a recovery since `at` by chip and face with proof of presence, or at a desk.
    #[must_use]
    pub fn is_proven_since(&self, at: Timestamp) -> bool {
        self.recoveries.iter().any(|past| past.at >= at && past.shows_the_person())
    }

    /// Records a foreign document as this person's. It counts as theirs from [`ForeignDocument::counts_from`] on; a
    /// document that is recorded already keeps its date.
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

    /// Removes the record of a foreign document. `None` where it is not recorded.
    #[must_use]
    pub fn forget_document(&self, id: ForeignDocumentId) -> Option<Step<Self>> {
        let mut next = self.clone();
        next.documents.retain(|known| known.id != id);
        let said = JournalEvent::ForeignDocumentForgotten { person: self.id, document: id };
        (next.documents.len() < self.documents.len())
            .then(|| self.recovery_information_changed(next, said))
    }

    /// Whether this person's apps show that the identity is frozen.
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
    /// From when on the document counts as the person's: somebody who changed the operator's record has to wait, and
    /// every channel is notified.
    #[must_use]
    pub fn counts_from(&self, policy: &Policy) -> Timestamp {
        self.recorded_at.plus(policy.chip_face.recorded_document_age_min)
    }
}

impl PastRecovery {
    /// Whether the recovery proved that the person was present: by chip and face with proof of presence, or at a desk.
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
    /// Since when neither the channel nor its SIM has changed.
    #[must_use]
    pub fn unchanged_since(&self) -> Timestamp {
        self.sim_changed_at.map_or(self.changed_at, |sim| sim.max(self.changed_at))
    }
}
